"""SIGTERM and SIGINT: what is begun is finished or undone, then the end.

A first signal is raised as `Stopped` in the main thread, or noted where a block
defers it; a second one ends the process at once. Those within a second are one:
`timeout` and job schedulers send a process and its group the same signal. A
thread listens, since Python itself hears nothing while TensorFlow computes.
"""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

from absl import logging

_NUMBERS = (signal.SIGTERM, signal.SIGINT)
_PROMISE = "the run ends after this step and is saved"
_ONE_SECONDS = 1.0  # signals that come within this time are one


class Stopped(SystemExit):
  """The process was told to end; the exit status is 128 and the signal.

  Args:
    number: The signal.
    message: What was saved, and how to go on; "" where there is nothing to say.
  """

  def __init__(self, number: int, message: str = ""):
    super().__init__(128 + number)
    self.number = number
    self.message = message

  def __reduce__(self) -> tuple[type["Stopped"], tuple[int, str]]:
    return type(self), (self.number, self.message)


class Handling:
  """The signals of a process while they are handled here.

  Attributes:
    number: The signal that came; None as long as none did.
  """

  def __init__(self) -> None:
    self.number: int | None = None
    self._first: float | None = None  # when the first one came
    self._has_raised = False
    self._notices: list[Callable[[], None]] = []
    self._is_raising = True
    self._promise = _PROMISE

  def check(self) -> None:
    """Raises `Stopped` if a signal has come."""
    if self.number is not None:
      self._has_raised = True
      raise Stopped(self.number)

  @contextlib.contextmanager
  def raising(self) -> Iterator[None]:
    """Within a block that defers signals, a block that they interrupt.

    Raises:
      Stopped: A signal came, perhaps before.
    """
    before, self._is_raising = self._is_raising, True
    try:
      self.check()
      yield
    finally:
      self._is_raising = before

  def _listen(self, receiver: socket.socket) -> None:
    """Hears of signals, in a thread of its own."""
    while numbers := receiver.recv(16):
      for number in numbers:
        if number in _NUMBERS:
          self._hear(number)

  def _hear(self, number: int) -> None:
    if self._first is not None:
      if time.monotonic() - self._first >= _ONE_SECONDS:
        os._exit(128 + number)
      return
    self._first = time.monotonic()
    self.number = number
    if not self._is_raising:
      logging.warning(
        "%s: %s; a second signal ends it at once",
        signal.Signals(number).name,
        self._promise,
      )
    for notice in list(self._notices):
      notice()

  def _raise(self, number: int, _: object) -> None:
    """What Python calls in the main thread."""
    self.number = number
    # Once: another of the same moment must not end what is undone by then.
    if self._is_raising and not self._has_raised:
      self.check()

  def _end_of_block(self) -> None:
    """Raises `Stopped` if a signal came that the block has not looked at."""
    if self._is_raising and not self._has_raised:
      self.check()


_current: Handling | None = None
_installed: list[object] = []  # what must not be collected


def install() -> None:
  """Handles signals, as `handled` does, as long as the process lasts.

  Nothing is undone at its end: Python 3.13 would wait for ever for a thread
  that listens then.
  """
  if _current is None and _is_main():
    _installed.append(_start())


@contextlib.contextmanager
def handled() -> Iterator[Handling]:
  """Handles signals in a block; they raise `Stopped`.

  Within another such block, and in other threads than the main one, nothing
  changes. A signal that the process ignores stays ignored.
  """
  if _current is not None or not _is_main():
    yield (_current if _is_main() else None) or Handling()
    return
  handling, undo = _start()
  try:
    yield handling
  finally:
    undo()


def _is_main() -> bool:
  return threading.current_thread() is threading.main_thread()


def _start() -> tuple[Handling, Callable[[], None]]:
  """Handles signals from now on; returns what ends that, too."""
  global _current
  handling = _current = Handling()
  receiver, sender = socket.socketpair()
  sender.setblocking(False)
  listener = threading.Thread(
    target=handling._listen, args=(receiver,), daemon=True
  )
  listener.start()
  wakeup = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
  before = {}
  for number in _NUMBERS:
    if signal.getsignal(number) is not signal.SIG_IGN:
      before[number] = signal.signal(number, handling._raise)

  def undo() -> None:
    global _current
    for number, handler in before.items():
      signal.signal(number, handler)
    signal.set_wakeup_fd(wakeup)
    _current = None
    sender.close()
    listener.join()
    receiver.close()

  return handling, undo


@contextlib.contextmanager
def deferred(
  notice: Callable[[], None], promise: str = _PROMISE
) -> Iterator[Handling]:
  """Notes a signal in a block instead of raising it.

  The block looks at `number` now and then. What comes after its last look is
  raised at its end.

  Args:
    notice: Called at once, in another thread.
    promise: What is done before the end, for the log.

  Raises:
    Stopped: A signal came, and was not raised within the block.
  """
  with handled() as handling:
    before = handling._is_raising, handling._promise
    handling._is_raising, handling._promise = False, promise
    handling._notices.append(notice)
    try:
      yield handling
    finally:
      handling._notices.remove(notice)
      handling._is_raising, handling._promise = before
    handling._end_of_block()
