"""One or two rows of ids to what models take, as TensorFlow ops.

The same as `pairs.sequence`, for a whole batch and without a loop.
"""

from typing import Any

import tensorflow as tf

SHORTEST = 3  # [CLS] and two [SEP]


def pack(
  ids: Any,
  pair_ids: Any | None,
  cls_id: int,
  sep_id: int,
  max_seq_length: int,
  pad_to_max: bool = False,
) -> dict[str, Any]:
  """[CLS] a [SEP] b [SEP], cut to fit; without the rest if no `b` is left.

  Args:
    ids: ragged int32 [batch, None].
    pair_ids: the same; a row without ids is no second text.
    cls_id: the id of [CLS].
    sep_id: the id of [SEP].
    max_seq_length: the most ids of a row.
    pad_to_max: whether S is `max_seq_length`, or else the longest row.

  Returns:
    `input_ids`, `input_mask`, `segment_ids`, int32 [batch, S], padded with 0.

  Raises:
    ValueError: `max_seq_length` is too short.
  """
  if max_seq_length < SHORTEST:
    raise ValueError(
      f"max_seq_length={max_seq_length} is below {SHORTEST}, the room that "
      "[CLS] and two [SEP] take"
    )
  lengths = ids.row_lengths()
  kept = tf.minimum(lengths, max_seq_length - 2)
  kept_b = tf.zeros_like(lengths)
  if pair_ids is not None:
    lengths_b = pair_ids.row_lengths()
    kept_a, kept_b = _kept_lengths(lengths, lengths_b, max_seq_length - 3)
    kept = tf.where(lengths_b > 0, kept_a, kept)
  ones = tf.ones_like(lengths)
  first = tf.concat(
    [_repeated(cls_id, ones), _beginnings(ids, kept), _repeated(sep_id, ones)],
    axis=1,
  )
  rows, segments = first, tf.zeros_like(first)
  if pair_ids is not None:
    has_b = tf.cast(kept_b > 0, lengths.dtype)
    second = tf.concat(
      [_beginnings(pair_ids, kept_b), _repeated(sep_id, has_b)], axis=1
    )
    rows = tf.concat([first, second], axis=1)
    segments = tf.concat([segments, tf.ones_like(second)], axis=1)
  shape = [None, max_seq_length if pad_to_max else None]
  return {
    "input_ids": rows.to_tensor(shape=shape),
    "input_mask": tf.ones_like(rows).to_tensor(shape=shape),
    "segment_ids": segments.to_tensor(shape=shape),
  }


def _kept_lengths(a: Any, b: Any, limit: int) -> tuple[Any, Any]:
  """`pairs.kept_lengths`: each is sure of half, the first of the odd one."""
  kept_a = tf.minimum(a, tf.maximum(limit - b, (limit + 1) // 2))
  kept_b = tf.minimum(b, tf.maximum(limit - a, limit // 2))
  return kept_a, kept_b


def _beginnings(rows: Any, lengths: Any) -> Any:
  """The first of each row's ids, as many as `lengths` says."""
  row_of_id = rows.value_rowids()
  place = tf.range(tf.size(row_of_id, row_of_id.dtype))
  place -= tf.gather(rows.row_starts(), row_of_id)
  kept = place < tf.gather(lengths, row_of_id)
  return tf.RaggedTensor.from_row_lengths(
    tf.boolean_mask(rows.values, kept), lengths, validate=False
  )


def _repeated(value: int, lengths: Any) -> Any:
  """Rows of one value."""
  values = tf.fill([tf.reduce_sum(lengths)], value)
  return tf.RaggedTensor.from_row_lengths(values, lengths, validate=False)
