import subprocess
import sys

import numba
import pytest

from bert_tf.native import byte_buffer, instance_kernel, jit, random_state
from bert_tf.records import example_encoder, record_writer


@jit.compiled
def _twice(number):
  return number + number


def test_it_is_compiled_when_called():
  assert not _twice.signatures
  assert _twice(4) == 8
  assert len(_twice.signatures) == 1
  assert _twice.py_func("a") == "aa"


@jit.compiled
def _sum_of_doubles(number):
  return _twice(1) + _twice(2) + _twice(number)


def test_constants_share_one_compiled_form():
  before = set(_twice.signatures)
  assert _sum_of_doubles(3) == 12
  assert len({*_twice.signatures} | before) == 1


@pytest.mark.parametrize(
  ("function", "callee"),
  [
    (instance_kernel.add_instances, random_state),
    (example_encoder._encode, byte_buffer),
    (record_writer._frame, byte_buffer),
  ],
)
def test_kept_code_is_outdated_when_what_it_calls_changes(
  function, callee, monkeypatch
):
  module = function.py_func.__globals__
  before = jit._digest(module)
  # What numba compares; another release may keep it elsewhere.
  assert function._cache._cache_file._source_stamp == before
  source = jit._source
  monkeypatch.setattr(
    jit,
    "_source",
    lambda path: source(path) + b"#" * (path == callee.__file__),
  )
  assert jit._digest(module) != before


def test_nowhere_to_write(monkeypatch):
  njit = numba.njit

  def without_cache(function=None, cache=False, **options):
    if cache:
      raise RuntimeError("cannot cache function: no locator available")
    return njit(function, **options)

  monkeypatch.setattr(numba, "njit", without_cache)
  assert jit.compiled(lambda number: number + 1)(2) == 3


def test_commands_do_without_scipy():
  program = (
    "import sys; from bert_tf.native import jit; "
    "jit.leave_blas_out(); assert 'scipy.linalg' not in sys.modules; "
    "import scipy.linalg.cython_blas"
  )
  subprocess.run([sys.executable, "-c", program], check=True)
