"""Applying a model to many examples."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bert_tf.inputs import length_batches
from bert_tf.kernels import modes

# Applies a model to a batch: tensors by name to tensors by name.
Call = Callable[[Any, Mapping[str, Any]], Mapping[str, Any]]


def predict(
  strategy: Any,
  model: Any,
  call: Call,
  features: Mapping[str, npt.NDArray[Any]],
  batch_size: int,
  per_token: Collection[str] = (),
  by_length: bool = True,
  progress: Callable[[int], object] = lambda count: None,
  first: int = 0,
) -> dict[str, npt.NDArray[Any]]:
  """Applies a model, by default in batches of about equal length.

  Its graph is kept on the model, and used again where `call` is equal.

  Args:
    strategy: Where the model was made. On a TPU shapes are static, so that
      batches are in input order and padded to a full one.
    model: The model.
    call: Applies it to a batch: tensors by name to tensors by name.
    features: int32 [N, S] by name, `input_mask` among them.
    batch_size: Examples of a batch.
    per_token: As of `length_batches.map_by_length`.
    by_length: As of it. If so, what is at padding must not matter: but on a
      TPU, it is not computed, see `modes.Mode.packed`.
    progress: As of it.
    first: Examples before these, for the message.

  Returns:
    Results [N, ...] by name, in input order.

  Raises:
    ValueError: A result is NaN or infinite; the message names the example.
  """
  is_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
  by_length = by_length and not is_tpu
  key = call, tuple(sorted(features)), by_length
  functions = _functions(model)
  if key not in functions:
    make = _on_tpu if is_tpu else _on_one_device
    functions[key] = make(strategy, model, call, list(features), by_length)
  run = functions[key]

  def on_batch(batch: dict[str, Any]) -> Mapping[str, Any]:
    count = len(batch["input_mask"])
    if not is_tpu or count == batch_size:
      return run({name: tf.constant(x) for name, x in batch.items()})
    padding = [[0, batch_size - count], [0, 0]]
    padded = {name: tf.pad(x, padding) for name, x in batch.items()}
    return {name: x[:count] for name, x in run(padded).items()}

  results = length_batches.map_by_length(
    on_batch,
    features,
    batch_size,
    per_token,
    by_length,
    progress,
  )
  for name, values in results.items():
    _check_finite(name, values, first)
  return results


def _check_finite(name: str, values: npt.NDArray[Any], first: int) -> None:
  if np.issubdtype(values.dtype, np.integer):
    return
  good = np.isfinite(values)
  if good.all():
    return
  bad = ~good.reshape(len(values), -1).all(axis=1)
  raise ValueError(
    f"example {first + int(bad.argmax()) + 1}: the model computes {name} that "
    f"are NaN or infinite, for {int(bad.sum())} of {len(values)} examples: its "
    "weights are no longer those of a trained model, or too large for the "
    "precision; take an earlier checkpoint, or precision=float32"
  )


def _functions(model: Any) -> dict[Any, Any]:
  """The graphs that are kept on a model; Keras is not to track them."""
  return vars(model).setdefault("_prediction_functions", {})


def _on_one_device(
  strategy: Any,
  model: Any,
  call: Call,
  names: Iterable[str],
  by_length: bool,
) -> Any:
  """One graph for all batches."""
  del strategy
  signature = {name: tf.TensorSpec([None, None], tf.int32) for name in names}

  @tf.function(input_signature=[signature])
  def run(batch: Any) -> Any:
    mode = modes.Mode(packed=by_length)
    return dict(call(functools.partial(model, mode=mode), batch))

  return run


def _on_tpu(
  strategy: Any,
  model: Any,
  call: Call,
  names: Iterable[str],
  by_length: bool,
) -> Any:
  """A graph for each shape."""
  del names, by_length

  @tf.function
  def run(batch: Any) -> Any:
    results = strategy.run(lambda x: dict(call(model, x)), args=(batch,))
    return {
      name: strategy.experimental_local_results(value)[0]
      for name, value in results.items()
    }

  return run
