import subprocess
import sys

import numba
import pytest

from bert_tf.data import byte_buffer, compiled, features, record_writer
from bert_tf.tasks.pretraining import instance_kernel, random_state


@compiled.compiled
def _twice(number):
  return number + number


def test_it_is_compiled_when_called():
  assert not _twice.signatures
  assert _twice(4) == 8
  assert len(_twice.signatures) == 1
  assert _twice.py_func("a") == "aa"


@pytest.mark.parametrize(
  ("function", "callee"),
  [
    (instance_kernel.add_instances, random_state),
    (features._encode, byte_buffer),
    (record_writer._frame, byte_buffer),
  ],
)
def test_kept_code_is_outdated_when_what_it_calls_changes(
  function, callee, monkeypatch
):
  module = function.py_func.__globals__
  before = compiled._digest(module)
  # What numba compares; another release may keep it elsewhere.
  assert function._cache._cache_file._source_stamp == before
  source = compiled._source
  monkeypatch.setattr(
    compiled,
    "_source",
    lambda path: source(path) + b"#" * (path == callee.__file__),
  )
  assert compiled._digest(module) != before


def test_nowhere_to_write(monkeypatch):
  njit = numba.njit

  def without_cache(function=None, cache=False, **options):
    if cache:
      raise RuntimeError("cannot cache function: no locator available")
    return njit(function, **options)

  monkeypatch.setattr(numba, "njit", without_cache)
  assert compiled.compiled(lambda number: number + 1)(2) == 3


def test_commands_do_without_scipy():
  program = (
    "import sys; from bert_tf.data import compiled; "
    "compiled.leave_blas_out(); assert 'scipy.linalg' not in sys.modules; "
    "import scipy.linalg.cython_blas"
  )
  subprocess.run([sys.executable, "-c", program], check=True)
