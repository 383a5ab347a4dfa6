"""How every command ends, told by one that is made up."""

import os
import signal
import subprocess
import sys

import pytest

from tests.commands import running
from tests.conftest import ROOT

_PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from bert_tf.commands import command_line
def main():
  {body}
command_line.run(main)
"""


@pytest.fixture
def made_up(tmp_path):
  def make(body):
    path = tmp_path / "made_up.py"
    path.write_text(_PROGRAM.format(root=str(ROOT), body=body))
    return path

  return make


@pytest.mark.parametrize("error", ["OSError", "ValueError", "ImportError"])
def test_plain_errors(made_up, error):
  done = running.alone(made_up(f"raise {error}('it is so')"))
  running.assert_plain_error(done, "made_up: it is so\n")


def test_an_error_in_the_program_shows_where(made_up):
  done = running.alone(made_up("raise KeyError('x')"))
  assert done.returncode == 1
  assert "Traceback" in done.stderr


def test_verbose_shows_where(made_up):
  done = running.alone(made_up("raise ValueError('x')"), "--verbosity=1")
  assert done.returncode == 1
  assert "Traceback" in done.stderr and "made_up: x" in done.stderr


def test_a_value_without_its_flag(made_up):
  done = running.alone(made_up("pass"), "False")
  assert done.returncode != 0
  assert "unknown arguments: False; a flag's value follows a =" in done.stderr


@pytest.mark.parametrize("name, status", [("SIGINT", 130), ("SIGTERM", 143)])
def test_told_to_end(made_up, name, status):
  body = "print('ready', flush=True); import time; time.sleep(60)"
  process = subprocess.Popen(
    [sys.executable, made_up(body)],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
    # A shell in the background has it ignored, and its children too.
    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
  )
  assert process.stdout.readline() == "ready\n"
  process.send_signal(signal.Signals[name])
  _, err = process.communicate(timeout=60)
  said = f"made_up: {name}: ended, nothing is left half written\n"
  assert (process.returncode, err) == (status, said)


def test_a_reader_that_has_seen_enough(made_up):
  reading, writing = os.pipe()
  os.close(reading)
  done = subprocess.run(
    [sys.executable, made_up("print('x' * 100_000)")],
    stdout=writing,
    stderr=subprocess.PIPE,
    text=True,
    check=False,
  )
  os.close(writing)
  assert (done.returncode, done.stderr) == (1, "")
