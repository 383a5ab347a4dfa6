"""Applying a model to many examples."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from bert_tf.data import bucketing


def predict(
  strategy: Any,
  call: Callable[[Mapping[str, Any]], Mapping[str, Any]],
  features: Mapping[str, npt.NDArray[Any]],
  batch_size: int,
  per_token: Collection[str] = (),
  by_length: bool = True,
  progress: Callable[[int], object] = lambda count: None,
) -> dict[str, npt.NDArray[Any]]:
  """Applies a model, by default in batches of about equal length.

  Args:
    strategy: Where the model was made. On a TPU shapes are static, so that
      batches are in input order and padded to a full one.
    call: Applies the model to a batch: tensors by name to tensors by name.
    features: int32 [N, S] by name, `input_mask` among them.
    batch_size: Examples of a batch.
    per_token: As of `bucketing.map_by_length`.
    by_length: As of it.
    progress: As of it.

  Returns:
    Results [N, ...] by name, in input order.
  """
  is_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
  signature = {
    name: tf.TensorSpec([batch_size if is_tpu else None, None], tf.int32)
    for name in features
  }

  @tf.function(input_signature=None if is_tpu else [signature])
  def run(batch: Any) -> Any:
    if not is_tpu:
      return dict(call(batch))
    results = strategy.run(lambda x: dict(call(x)), args=(batch,))
    return {
      name: strategy.experimental_local_results(value)[0]
      for name, value in results.items()
    }

  def on_batch(batch: dict[str, Any]) -> Mapping[str, Any]:
    count = len(batch["input_mask"])
    if not is_tpu or count == batch_size:
      return run({name: tf.constant(x) for name, x in batch.items()})
    padding = [[0, batch_size - count], [0, 0]]
    padded = {name: tf.pad(x, padding) for name, x in batch.items()}
    return {name: x[:count] for name, x in run(padded).items()}

  return bucketing.map_by_length(
    on_batch,
    features,
    batch_size,
    per_token,
    by_length and not is_tpu,
    progress,
  )
