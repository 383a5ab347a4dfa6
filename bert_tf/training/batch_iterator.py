"""The batches of a run, iterated where it computes."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

# (input_context, first_step) -> batches of one replica, for ever.
DatasetFn = Callable[[Any, int], Any]


def iterate(
  strategy: Any, dataset_fn: DatasetFn, first_step: int
) -> Iterator[Any]:
  """Iterates over batches; `take` takes them from it.

  On CPUs that is the dataset of this worker itself. Those of `tf.distribute`,
  which bring batches to GPUs and TPUs ahead of time, start a thread that tunes
  them and cannot be switched off there; when they end they wait for it, and it
  sleeps for up to a minute.

  Args:
    strategy: Where the run computes.
    dataset_fn: Makes the dataset.
    first_step: The step to start at.
  """
  if _brings_ahead(strategy):
    return iter(
      strategy.distribute_datasets_from_function(
        lambda context: dataset_fn(context, first_step)
      )
    )
  made = []

  def make(context: Any) -> Any:
    """Called once: a process is one worker."""
    made.append(dataset_fn(context, first_step))
    return made[-1]

  strategy.distribute_datasets_from_function(make)  # tells the context
  with tf.device("CPU:0"):
    return iter(made[0])


def take(strategy: Any, batches: Iterator[Any]) -> Any:
  """Takes the next batch of each replica of this worker, for `strategy.run`.

  Args:
    strategy: Where the run computes.
    batches: What `iterate` gives.

  Raises:
    StopIteration: There is none, and this is not within a `tf.function`.
    tf.errors.OutOfRangeError: The same within one.
  """
  replicas = len(strategy.extended.worker_devices)
  if replicas == 1 or _brings_ahead(strategy):
    return next(batches)
  parts = [next(batches) for _ in range(replicas)]
  left = iter(parts)
  return strategy.experimental_distribute_values_from_function(
    lambda context: next(left)
  )


def _brings_ahead(strategy: Any) -> bool:
  is_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
  return is_tpu or bool(tf.config.list_logical_devices("GPU"))
