"""Batches cut to one of a few lengths: less padding, in static shapes.

XLA and TPUs compile a program for each shape. A batch is padded to the smallest
of a few lengths that its longest sequence fits into, and there is a program for
each of these. Which examples are in a batch does not change.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import tensorflow as tf

# Features of every batch that have an entry for each token, [B, S].
_INPUTS = ("input_ids", "input_mask", "segment_ids")


def call(
  function: Callable[[dict[str, Any]], Any],
  batch: Mapping[str, Any],
  lengths: Sequence[int],
  per_token: Collection[str] = (),
) -> Any:
  """Calls a function on a batch without the padding that no sequence needs.

  Args:
    function: Takes the batch; its result has the same shapes for all lengths.
    batch: Tensors of static shapes, among them `input_mask`, int32 [B, S].
    lengths: Ascending; S is one of them whether it is told or not, and longer
      ones are left out.
    per_token: Names of features [B, S, ...] besides the model's inputs.
  """
  longest = int(batch["input_mask"].shape[1])
  lengths = [length for length in lengths if length < longest] + [longest]
  names = {*_INPUTS, *per_token}

  def branch(length: int) -> Callable[[], Any]:
    def run() -> Any:
      return function(
        {
          name: x[:, :length] if name in names else x
          for name, x in batch.items()
        }
      )

    return run

  return tf.switch_case(
    bucket(batch["input_mask"], lengths), [branch(x) for x in lengths]
  )


def bucket(input_mask: Any, lengths: Sequence[int]) -> Any:
  """Which length a batch is padded to, an int32 index.

  Args:
    input_mask: int32 [B, S], not 0 for real tokens.
    lengths: Ascending, the last one S.
  """
  ends = tf.range(1, lengths[-1] + 1)  # [S]
  longest = tf.reduce_max(tf.where(tf.cast(input_mask, tf.bool), ends, 0))
  too_short = tf.constant(lengths[:-1], tf.int32) < longest
  return tf.reduce_sum(tf.cast(too_short, tf.int32))
