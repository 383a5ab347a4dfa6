"""What is left of TensorFlow's own lines, on the file descriptor."""

import logging
import os

import pytest

from bert_tf.commands import quiet_tensorflow
from tests.commands import running
from tests.conftest import ROOT

PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from bert_tf.commands import command_line
def main():
  import tensorflow as tf
  double = tf.function(lambda x: x * 2, jit_compile=True)
  print(float(double(tf.constant(1.0))))
command_line.run(main)
"""


def computed(tmp_path, *flags):
  path = tmp_path / "made_up.py"
  path.write_text(PROGRAM)
  without = {k: v for k, v in os.environ.items() if k[:7] != "TF_CPP_"}
  done = running.alone(str(path), *flags, env=without)
  assert (done.returncode, done.stdout) == (0, "2.0\n"), done.stderr
  return done.stderr


@pytest.mark.slow
def test_tensorflow_starts_without_a_line(tmp_path):
  assert computed(tmp_path) == ""


@pytest.mark.slow
def test_verbose_brings_all_back(tmp_path):
  assert "InitializeLog" in computed(tmp_path, "--verbosity=1")


NOISE = (
  "WARNING: All log messages before absl::InitializeLog() is called are "
  "written to STDERR\n"
  "I0000 00:00:1 1 cudart_stub.cc:31] Could not find cuda drivers.\n"
  "2026-01-01 00:00:00.1: I tensorflow/core/util/port.cc:153] oneDNN\n"
  "To enable the following instructions: AVX2 FMA, rebuild.\n"
  "E0000 00:00:1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
  "CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)\n"
)
REAL = (
  "E0000 00:00:1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
  "CUDA error: Failed call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH\n"
  "W0000 00:00:1 1 gpu_device.cc:2] Cannot dlopen some GPU libraries.\n"
  "Illegal instruction\nno newline at the end"
)


def test_known_lines_are_dropped_and_others_kept(capfd):
  with pytest.raises(KeyError), quiet_tensorflow.filtered_stderr():
    os.write(2, (NOISE + REAL).encode())
    raise KeyError
  os.write(2, b"\n")
  assert capfd.readouterr().err == REAL + "\n"


def test_a_level_that_the_user_sets_stays(monkeypatch):
  monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
  quiet_tensorflow.install()
  assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"


@pytest.mark.parametrize(
  ("path", "level", "expected"),
  [
    ("/lib/tensorflow/python/checkpoint/saver.py", logging.INFO, False),
    ("/lib/tensorflow/python/checkpoint/saver.py", logging.WARNING, True),
    ("/lib/bert_tf/export/exporter.py", logging.INFO, True),
  ],
)
def test_informative_records_of_tensorflow_are_dropped(path, level, expected):
  record = logging.LogRecord("absl", level, path, 1, "x", (), None)
  assert quiet_tensorflow._is_worth_a_line(record) == expected


def test_so_are_those_of_its_own_logger(caplog):
  """TensorFlow's own module of logging has one."""
  quiet_tensorflow.install()
  logger = logging.getLogger("tensorflow")
  with caplog.at_level(logging.INFO):
    for level in (logging.INFO, logging.WARNING):
      path = "/lib/tensorflow/python/saved_model/builder_impl.py"
      record = logger.makeRecord("tensorflow", level, path, 1, "x", (), None)
      logger.handle(record)
  assert [x.levelno for x in caplog.records] == [logging.WARNING]
