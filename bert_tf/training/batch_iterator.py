"""The batches of a run, iterated where it computes."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

# (input_context, first_step) -> batches of one replica, for ever.
DatasetFn = Callable[[Any, int], Any]


def iterate(
  strategy: Any, dataset_fn: DatasetFn, first_step: int
) -> Iterator[Any]:
  """Iterates over batches, one for each replica at a time.

  On one CPU that is the dataset itself. The datasets of `tf.distribute` start a
  thread that tunes them, which cannot be switched off there; when they end they
  wait for it, and it sleeps for up to a minute.

  Args:
    strategy: Where the run computes.
    dataset_fn: Makes the dataset.
    first_step: The step to start at.
  """
  is_one = isinstance(strategy, tf.distribute.OneDeviceStrategy)
  if is_one and not tf.config.list_logical_devices("GPU"):
    return iter(dataset_fn(tf.distribute.InputContext(), first_step))
  return iter(
    strategy.distribute_datasets_from_function(
      lambda context: dataset_fn(context, first_step)
    )
  )
