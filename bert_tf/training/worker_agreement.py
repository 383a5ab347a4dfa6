"""What the workers of a run agree on: their step, and when to stop."""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from bert_tf.system import error_text, supervisor
from bert_tf.training import whole_checkpoints

# How TensorFlow names a worker: /job:worker/replica:0/task:1.
_TASK = re.compile(r"/job:(\w+)/(?:replica:\d+/)?task:(\d+)")
_OF_LOSS = (
  tf.errors.AbortedError,
  tf.errors.CancelledError,
  tf.errors.DeadlineExceededError,
  tf.errors.InternalError,
  tf.errors.UnavailableError,
)


class LostWorkerError(RuntimeError):
  """Another worker of the run has ended or cannot be reached."""

  exit_status = supervisor.TRY_AGAIN


def is_shared(strategy: Any) -> bool:
  """Whether several processes train together."""
  return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


class Workers:
  """The workers of a run; in a run of one process all is agreed on.

  Args:
    strategy: Where the run computes.
  """

  def __init__(self, strategy: Any):
    self.strategy = strategy
    self.are_several = is_shared(strategy)
    self._sum = tf.function(self._sum_of)

  def any(self, here: bool) -> bool:
    """Whether something holds for one worker at least."""
    if not self.are_several:
      return here
    return bool(int(self._sum(tf.constant(int(here), tf.int64))))

  def check_same_step(self, step: int, folder: str) -> None:
    """Waits for all workers, and checks that they are at the same step.

    Workers that resume at different steps would train different models.

    Args:
      step: Of this worker.
      folder: The output folder, for the message.

    Raises:
      ValueError: Another worker is at another step.
    """
    if not self.are_several:
      return
    total = int(self._sum(tf.constant(step, tf.int64)))
    mean = total / self.strategy.num_replicas_in_sync
    if mean != step:
      raise ValueError(
        f"this worker is at step {step} of {folder}, the mean of all is "
        f"{mean:g}: output_dir must be one folder that all workers share"
      )

  @contextlib.contextmanager
  def naming_lost(self, folder: str) -> Iterator[None]:
    """Lets errors of lost workers name them, and how to go on.

    Args:
      folder: The output folder.

    Raises:
      LostWorkerError: A worker was lost.
    """
    try:
      yield
    except _OF_LOSS as error:
      if not self.are_several:
        raise
      text = error_text.shortened(error_text.plain(error))
      raise LostWorkerError(self._lost(str(error), text, folder)) from error

  def _lost(self, message: str, text: str, folder: str) -> str:
    """What to say of an error of TensorFlow's.

    Args:
      message: All it says.
      text: The useful part, told where it names no worker: it may be an error
        of this one's device.
      folder: The output folder.
    """
    resolver = self.strategy.cluster_resolver
    spec = resolver.cluster_spec()
    own = resolver.task_type, resolver.task_id
    named = {(job, int(index)) for job, index in _TASK.findall(message)} - {own}
    addresses = sorted(
      f"{job} {index} at {spec.task_address(job, index)}"
      for job, index in named
      if job in spec.jobs and index in spec.task_indices(job)
    )
    lost = ", ".join(addresses) or "another worker"
    why = "" if addresses else f" ({text})"
    return (
      f"{own[0]} {own[1]}: lost {lost}; it has ended or cannot be reached"
      f"{why}. Start all workers again with the same command: all go on from "
      f"{_last_step(folder)}"
    )

  def _sum_of(self, number: Any) -> Any:
    """The sum of each worker's number, once for each of its replicas."""

    def add() -> Any:
      context = tf.distribute.get_replica_context()
      here = tf.identity(number)  # which has a device
      return context.all_reduce(tf.distribute.ReduceOp.SUM, here)

    found = self.strategy.run(add)
    return self.strategy.experimental_local_results(found)[0]


def _last_step(folder: str) -> str:
  """The step that a run would go on from, in words."""
  try:
    prefix = whole_checkpoints.newest(folder).prefix
  except (OSError, ValueError):
    prefix = None
  if prefix is None:
    return "step 0, nothing was saved yet"
  return f"step {os.path.basename(prefix).rpartition('-')[2]}"
