"""Keeps the workers of a run going: one that fails has all of them restarted.

Workers that train together wait for each other, so none can go on without one
that has ended, and one that comes back needs all others at the step that was
saved last. No TensorFlow.
"""

import contextlib
import dataclasses
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from absl import logging

from bert_tf.system import error_text

# What a command ends with when the same command may succeed later: EX_TEMPFAIL.
TRY_AGAIN = os.EX_TEMPFAIL
_TOLD_TO_END = (128 + signal.SIGTERM, 128 + signal.SIGINT)
_CLUSTER = "TF_CONFIG"


class GaveUpError(RuntimeError):
  """The workers were restarted in vain, or would be."""


@dataclasses.dataclass(frozen=True)
class SupervisorSettings:
  """How often and when workers are restarted.

  Attributes:
    num_workers: Processes on this machine; several get a TF_CONFIG each.
    max_restarts: In succession, before it is given up.
    backoff_seconds: Before the first restart; twice as many before each of the
      next ones.
    max_backoff_seconds: The most of them.
    stable_seconds: After so many, restarts are counted from zero again.
    stop_seconds: A worker that is told to end has so many, then it is killed.
  """

  num_workers: int = 1
  max_restarts: int = 10
  backoff_seconds: float = 1.0
  max_backoff_seconds: float = 60.0
  stable_seconds: float = 300.0
  stop_seconds: float = 60.0

  def __post_init__(self) -> None:
    for field in dataclasses.fields(self):
      least = 1 if field.name == "num_workers" else 0
      value = getattr(self, field.name)
      if value < least:
        raise ValueError(f"--{field.name}={value}, expected at least {least}")


@dataclasses.dataclass(frozen=True)
class Failure:
  """How a worker failed.

  Attributes:
    worker: Its number.
    status: As `subprocess` has it: below 0 for a signal.
    last_line: The last of what it wrote to standard error.
  """

  worker: int
  status: int
  last_line: str

  def __str__(self) -> str:
    """What to say of it."""
    how = f"ended with status {self.status}"
    if self.status < 0:
      how = f"was killed by {signal.Signals(-self.status).name}"
    # Nothing is said by one that is killed.
    if not self.last_line or self.status == -signal.SIGKILL:
      return f"worker {self.worker} {how}"
    last_line = error_text.shortened(self.last_line)
    return f"worker {self.worker} {how}: {last_line}"

  @property
  def may_pass(self) -> bool:
    """Whether it says nothing of the command itself."""
    return self.status < 0 or self.status == TRY_AGAIN


def run(command: Sequence[str], settings: SupervisorSettings) -> None:
  """Runs a command until it succeeds.

  Args:
    command: Program and arguments, the same for all workers.
    settings: How often and when workers are restarted.

  Raises:
    GaveUpError: It failed too often, or twice with the same error; the message
      tells the reason.
    OSError: It cannot be started.
    ValueError: TF_CONFIG is set, and several workers are wanted.
  """
  if settings.num_workers > 1 and os.environ.get(_CLUSTER):
    raise ValueError(
      f"--num_workers={settings.num_workers} makes a {_CLUSTER} for each "
      "worker, but the environment has one: run one supervisor for each worker "
      f"of it, or unset {_CLUSTER}"
    )
  restarts, before = 0, None
  while True:
    started = time.monotonic()
    failure = _attempt(command, settings)
    if failure is None:
      return
    if failure.status in _TOLD_TO_END:
      raise GaveUpError(f"{failure}; it was told to end, so all were ended")
    if time.monotonic() - started >= settings.stable_seconds:
      restarts, before = 0, None
    if failure == before and not failure.may_pass:
      raise GaveUpError(f"{failure}; it failed twice in this way")
    if restarts == settings.max_restarts:
      raise GaveUpError(
        f"{failure}; all workers were restarted {restarts} times within "
        "--stable_seconds of each other"
      )
    pause = min(
      settings.backoff_seconds * 2**restarts, settings.max_backoff_seconds
    )
    restarts, before = restarts + 1, failure
    logging.warning(
      "%s; all workers are restarted in %g seconds (restart %d of at most %d)",
      failure,
      pause,
      restarts,
      settings.max_restarts,
    )
    time.sleep(pause)


def _attempt(
  command: Sequence[str], settings: SupervisorSettings
) -> Failure | None:
  """Runs all workers once; returns how the first one failed, if one did."""
  ended: queue.SimpleQueue[int] = queue.SimpleQueue()
  workers: list[_Worker] = []
  try:
    for number, cluster in enumerate(_clusters(settings.num_workers)):
      is_one = settings.num_workers == 1
      workers.append(_Worker(command, number, cluster, ended, is_one))
    for _ in workers:
      worker = workers[ended.get()]
      if worker.status:
        return Failure(worker.number, worker.status, worker.last_line)
    return None
  finally:
    _end(workers, settings.stop_seconds)


def _clusters(count: int) -> list[Mapping[str, str]]:
  """What the environment of each worker has besides this one's."""
  if count == 1:
    return [{}]
  with contextlib.ExitStack() as stack:
    sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
    for one in sockets:
      one.bind(("localhost", 0))
    hosts = [f"localhost:{one.getsockname()[1]}" for one in sockets]
  return [
    {
      _CLUSTER: json.dumps(
        {
          "cluster": {"worker": hosts},
          "task": {"type": "worker", "index": index},
        }
      )
    }
    for index in range(count)
  ]


class _Worker:
  """A running process.

  Args:
    command: Program and arguments.
    number: Which worker it is.
    environment: Added to this process's.
    ended: Gets the number once the process has ended.
    is_one: Whether there are no others, from whose lines to tell its lines.
  """

  def __init__(
    self,
    command: Sequence[str],
    number: int,
    environment: Mapping[str, str],
    ended: "queue.SimpleQueue[int]",
    is_one: bool,
  ):
    self.number = number
    self.status = 0
    self.last_line = ""
    self._prefix = "" if is_one else f"worker {number}: "
    self._ended = ended
    self._process = subprocess.Popen(
      command, env=os.environ | environment, stderr=subprocess.PIPE
    )
    self._reader = threading.Thread(target=self._read, daemon=True)
    self._reader.start()
    threading.Thread(target=self._wait, daemon=True).start()

  def _read(self) -> None:
    """Passes its lines on, and keeps the last one."""
    assert self._process.stderr
    for line in self._process.stderr:
      text = line.decode("utf-8", "replace")
      self.last_line = text.strip() or self.last_line
      sys.stderr.write(self._prefix + text)
      sys.stderr.flush()

  def _wait(self) -> None:
    """Notes its end."""
    self.status = self._process.wait()
    self._reader.join(1)  # longer where a process that it started has the pipe
    self._ended.put(self.number)

  def tell(self) -> None:
    """Tells it to end."""
    if self._process.poll() is None:
      self._process.terminate()

  def end(self, seconds: float) -> None:
    """Waits for its end so long, and then kills it."""
    try:
      self._process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
      logging.warning("worker %d did not end by SIGTERM: killed", self.number)
      self._process.kill()
    self._process.wait()


def _end(workers: Sequence[_Worker], seconds: float) -> None:
  """Ends all workers that still run."""
  deadline = time.monotonic() + seconds
  for worker in workers:
    worker.tell()
  for worker in workers:
    worker.end(deadline - time.monotonic())
