"""Contenders in processes of their own, timed one at a time.

So none gets another one's threads or memory, and each says what it needs.
"""

import dataclasses
import importlib
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Batch = Mapping[str, npt.NDArray[Any]]
Run = Callable[[Batch], npt.NDArray[Any]]


@dataclasses.dataclass(frozen=True)
class Contender:
  """A way to compute something.

  Attributes:
    module: What is imported first; where it cannot be had, the contender is
      left out.
    make: Takes the folder of the models and `options`, gives what computes.
    options: Further arguments.
  """

  module: str
  make: Callable[..., Run]
  options: tuple[Any, ...] = ()


@dataclasses.dataclass(frozen=True)
class Start:
  """How long a process took until it was ready.

  Attributes:
    imports: Seconds for the libraries.
    load: Seconds for the model.
    ready: Seconds from the start of the process.
  """

  imports: float
  load: float
  ready: float


class Answer(NamedTuple):
  """What a contender computed.

  Attributes:
    seconds: It took, by the clock.
    result: The array.
    cpu_seconds: Of all its threads, waiting for each other included.
    megabytes: The most memory of its process until now.
  """

  seconds: float
  result: npt.NDArray[Any]
  cpu_seconds: float
  megabytes: float


# Imports nothing that a contender does not need.
_PROGRAM = """
import sys
from benchmarks import workers
workers.serve(int(sys.argv[1]))
"""


class Worker:
  """A process with one contender.

  Args:
    contender: What it is to do.
    folder: The models.

  Raises:
    ImportError: It cannot be had here.
    RuntimeError: It failed; the message tells how.
  """

  def __init__(self, contender: Contender, folder: str):
    self._connection, other = multiprocessing.Pipe()
    started = time.perf_counter()
    self._process = subprocess.Popen(
      [sys.executable, "-c", _PROGRAM, str(other.fileno())],
      env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
      pass_fds=[other.fileno()],
    )
    other.close()
    self._connection.send((contender, folder))
    imports, load = self._receive()
    self.start = Start(imports, load, time.perf_counter() - started)

  def run(self, batch: Batch) -> Answer:
    """Computes."""
    self._connection.send(batch)
    return self._receive()

  def close(self) -> None:
    """Ends the process."""
    self._connection.close()
    try:
      self._process.wait(10)
    except subprocess.TimeoutExpired:
      self._process.kill()
      self._process.wait()

  def __enter__(self) -> Self:
    return self

  def __exit__(self, *error: object) -> None:
    self.close()

  def _receive(self) -> Any:
    try:
      answer = self._connection.recv()
    except EOFError:
      raise RuntimeError("the process ended; was memory short?") from None
    if isinstance(answer, Exception):
      raise answer
    return answer


def serve(file_descriptor: int) -> None:
  """What the process of a contender does: computes until it is closed."""
  connection = multiprocessing.connection.Connection(file_descriptor)
  try:
    contender, folder = connection.recv()
    started = time.perf_counter()
    importlib.import_module(contender.module)
    imported = time.perf_counter()
    run = contender.make(folder, *contender.options)
    connection.send((imported - started, time.perf_counter() - imported))
    while True:
      batch = connection.recv()
      started, cpu_started = time.perf_counter(), time.process_time()
      result = np.asarray(run(batch))
      seconds = time.perf_counter() - started
      cpu_seconds = time.process_time() - cpu_started
      connection.send(Answer(seconds, result, cpu_seconds, _megabytes()))
  except EOFError:
    pass  # The other side has closed it.
  except ImportError as error:
    connection.send(ImportError(str(error)))
  except Exception as error:
    connection.send(RuntimeError(f"{type(error).__name__}: {error}"))


def _megabytes() -> float:
  """The most memory this process has had; Linux tells it."""
  text = pathlib.Path("/proc/self/status").read_text()
  return int(text.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
