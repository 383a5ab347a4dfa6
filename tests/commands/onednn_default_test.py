"""oneDNN's kernels on CPUs where TensorFlow leaves them off."""

import os
import sys

import pytest

from bert_tf.commands import onednn_default
from tests.commands import running
from tests.conftest import ROOT

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
AVX2 = "processor\t: 0\nflags\t\t: fpu sse4_2 avx avx2 fma\nbugs\t\t:\n"


@pytest.fixture
def cpu(tmp_path, monkeypatch):
  """Makes the file of a CPU; there is no TensorFlow, and nothing is set."""
  monkeypatch.setenv(VARIABLE, "")
  monkeypatch.delenv(VARIABLE)
  monkeypatch.delitem(sys.modules, "tensorflow", raising=False)

  def make(text):
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    return str(path)

  return make


@pytest.mark.parametrize(
  "text, expected",
  [
    (AVX2, "1"),
    (AVX2.replace("avx2", "avx512"), None),
    ("Features\t: fp asimd avx2\n", None),  # Arm's name for it
    ("", None),
  ],
)
def test_where_it_is_switched_on(cpu, text, expected):
  onednn_default.switch_on(cpu(text))
  assert os.environ.get(VARIABLE) == expected


def test_without_such_a_file(cpu, tmp_path):
  onednn_default.switch_on(str(tmp_path / "missing"))
  assert VARIABLE not in os.environ


def test_what_the_user_sets_stays(cpu, monkeypatch):
  monkeypatch.setenv(VARIABLE, "0")
  onednn_default.switch_on(cpu(AVX2))
  assert os.environ[VARIABLE] == "0"


def test_with_tensorflow_it_is_too_late(cpu, monkeypatch):
  monkeypatch.setitem(sys.modules, "tensorflow", object())
  onednn_default.switch_on(cpu(AVX2))
  assert VARIABLE not in os.environ


PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from bert_tf.commands import command_line
def main():
  from bert_tf.kernels import onednn_kernels
  print(onednn_kernels.is_on())
command_line.run(main)
"""


def test_a_command_computes_with_it(tmp_path):
  """Where TensorFlow does so anyway, this holds without doing anything."""
  path = tmp_path / "made_up.py"
  path.write_text(PROGRAM)
  with open("/proc/cpuinfo", encoding="utf-8") as file:
    if "avx2" not in file.read().split():
      pytest.skip("a CPU without AVX2")
  bare = {k: v for k, v in os.environ.items() if k != VARIABLE}
  for more, expected in ({}, "True\n"), ({VARIABLE: "0"}, "False\n"):
    done = running.alone(str(path), env={**bare, **more})
    assert done.stdout == expected, done.stderr
