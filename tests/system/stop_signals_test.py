"""What a signal does to a block: raised, deferred, or the end at once."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from bert_tf.system import stop_signals
from tests.conftest import ROOT


def _send(number=signal.SIGTERM):
  os.kill(os.getpid(), number)


@pytest.fixture
def heeded():
  """Handlers as a shell has them."""
  before = signal.signal(signal.SIGINT, signal.default_int_handler)
  yield
  signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_raised(heeded, number):
  before = signal.getsignal(number)
  with pytest.raises(stop_signals.Stopped) as raised, stop_signals.handled():
    _send(number)
    time.sleep(10)
  assert raised.value.code == 128 + number
  assert signal.getsignal(number) is before


def test_deferred_and_noticed_while_the_main_thread_is_busy():
  noticed = threading.Event()
  with stop_signals.deferred(noticed.set) as signals:
    assert signals.number is None
    _send()
    assert noticed.wait(10)
    assert signals.number == signal.SIGTERM
    with pytest.raises(stop_signals.Stopped), signals.raising():
      raise AssertionError("it came before")
  with stop_signals.handled() as later:
    assert later.number is None


def test_interrupted_in_a_block_that_may_be():
  with stop_signals.deferred(lambda: None) as signals:
    with pytest.raises(stop_signals.Stopped), signals.raising():
      _send()
      time.sleep(10)
    assert signals.number == signal.SIGTERM


def test_what_is_ignored_stays_ignored():
  before = signal.signal(signal.SIGINT, signal.SIG_IGN)
  try:
    with stop_signals.handled():
      _send(signal.SIGINT)
      time.sleep(0.05)
  finally:
    signal.signal(signal.SIGINT, before)


def test_a_second_one_ends_the_process_at_once():
  code = (
    "import signal, time, os; from bert_tf.system import stop_signals\n"
    "with stop_signals.deferred(lambda: print('first', flush=True)):\n"
    "  print('ready', flush=True)\n"
    "  while True: time.sleep(1)\n"
  )
  process = subprocess.Popen(
    [sys.executable, "-c", code],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )
  assert process.stdout.readline() == "ready\n"
  process.terminate()
  assert process.stdout.readline() == "first\n"
  time.sleep(stop_signals._ONE_SECONDS + 0.1)
  process.terminate()
  _, err = process.communicate(timeout=30)
  assert process.returncode == 143
  assert "SIGTERM: the run ends after this step" in err


def test_signals_of_one_moment_are_one():
  """`timeout` sends its signal to the process, and again to the group."""
  for block in (stop_signals.deferred(lambda: None), stop_signals.handled()):
    cleaned = []
    with pytest.raises(stop_signals.Stopped), block:
      try:
        _send()
        time.sleep(0.2)
      finally:
        _send()
        _send(signal.SIGTERM)
        time.sleep(0.2)
        cleaned.append(True)
    assert cleaned


def test_what_comes_after_the_last_look_is_not_lost():
  with pytest.raises(stop_signals.Stopped), stop_signals.handled():
    with stop_signals.deferred(lambda: None) as signals:
      assert signals.number is None
      _send()
      time.sleep(0.05)
    raise AssertionError("it was told to end")


def test_in_another_thread_nothing_changes():
  found = []

  def inside():
    with stop_signals.handled() as signals:
      found.append(signals.number)

  before = signal.getsignal(signal.SIGTERM)
  thread = threading.Thread(target=inside)
  thread.start()
  thread.join()
  assert found == [None]
  assert signal.getsignal(signal.SIGTERM) is before


INSTALLED = """
import gc, signal, threading
from bert_tf.system import stop_signals
stop_signals.install()
threading.Thread.join = lambda self, timeout=None: print("waited")
stop_signals._installed.clear()
gc.collect()
print(signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, None))
"""


def test_the_end_of_the_process_undoes_nothing():
  """Python collects what it has then, and 3.13 would wait for the thread."""
  done = subprocess.run(
    [sys.executable, "-c", INSTALLED],
    cwd=ROOT,
    capture_output=True,
    text=True,
    timeout=60,
    check=False,
  )
  assert done.stdout == "True\n", done.stderr
