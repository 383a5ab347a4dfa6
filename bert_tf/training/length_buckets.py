"""Batches cut to one of a few lengths: less padding, in static shapes.

XLA and TPUs compile a program for each shape. A batch is padded to the smallest
of a few lengths that its longest sequence fits into, and there is a program for
each of these. Which examples are in a batch does not change.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

# Features of every batch that have an entry for each token, [..., S].
_INPUTS = ("input_ids", "input_mask", "segment_ids")
_MASK = "input_mask"


def call(
  function: Callable[[dict[str, Any]], Any],
  batch: Mapping[str, Any],
  lengths: Sequence[int],
  token_axes: Mapping[str, int],
) -> Any:
  """Calls a function on a batch without the padding that no sequence needs.

  Args:
    function: Takes the batch; its result has the same shapes for all lengths.
    batch: Tensors of static shapes, among them `input_mask`, int32 [..., S].
    lengths: Ascending; S is one of them whether it is told or not, and longer
      ones are left out.
    token_axes: The axis of tokens of other features than the model's inputs,
      whose last it is, by name.
  """
  longest = int(batch[_MASK].shape[-1])
  lengths = [length for length in lengths if length < longest] + [longest]
  last = batch[_MASK].shape.rank - 1
  axes = {**dict.fromkeys(_INPUTS, last), **token_axes}

  def branch(length: int) -> Callable[[], Any]:
    def run() -> Any:
      return function(
        {
          name: _cut(x, axes[name], length) if name in axes else x
          for name, x in batch.items()
        }
      )

    return run

  return tf.switch_case(
    bucket(batch[_MASK], lengths), [branch(x) for x in lengths]
  )


def _cut(value: Any, axis: int, length: int) -> Any:
  """The first entries along an axis."""
  return value[(slice(None),) * axis + (slice(length),)]


def bucket(input_mask: Any, lengths: Sequence[int]) -> Any:
  """Which length a batch is padded to, an int32 index.

  Args:
    input_mask: int32 [..., S], not 0 for real tokens.
    lengths: Ascending, the last one S.
  """
  ends = tf.range(1, lengths[-1] + 1)  # [S]
  longest = tf.reduce_max(tf.where(tf.cast(input_mask, tf.bool), ends, 0))
  too_short = tf.constant(lengths[:-1], tf.int32) < longest
  return tf.reduce_sum(tf.cast(too_short, tf.int32))
