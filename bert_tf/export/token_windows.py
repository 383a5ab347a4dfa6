"""Windows over long texts, as TensorFlow ops: cutting, and which one is best.

The graph's form of `tasks/squad/examples.py`; all sizes are known only when it
runs. "Flat" tensors hold what belongs to all rows of a batch, row after row.
"""

from typing import Any, NamedTuple

import tensorflow as tf

_ROWS_AT_ONCE = 32


class Windows(NamedTuple):
  """Windows over the texts of a batch, text after text; int32 [W] each.

  Attributes:
    row: The text it is of.
    start: Its first token in the text.
    length: Its tokens.
  """

  row: Any
  start: Any
  length: Any


def cut(lengths: Any, rooms: Any, stride: int) -> Windows:
  """The windows that cover texts; none where there are no tokens.

  Args:
    lengths: Tokens of each text, int32 [B].
    rooms: The most tokens of a window of each, at least 1, int32 [B].
    stride: Tokens from one window's start to the next one's, at most.
  """
  steps = tf.minimum(rooms, stride)
  further = -(-tf.maximum(lengths - rooms, 0) // steps)  # rounded up
  counts = tf.where(lengths > 0, 1 + further, 0)
  row = tf.repeat(tf.range(tf.size(lengths)), counts)  # [W]
  start = tf.ragged.range(counts).flat_values * tf.gather(steps, row)
  length = tf.minimum(tf.gather(lengths, row) - start, tf.gather(rooms, row))
  return Windows(row, start, length)


class Places(NamedTuple):
  """The tokens that windows show, window after window; int32 [P] each.

  Attributes:
    window: The window.
    offset: The place in the window, from 0.
    token: The token's place among the tokens of all texts.
  """

  window: Any
  offset: Any
  token: Any


def places(windows: Windows, row_starts: Any) -> Places:
  """Lists what windows show.

  Args:
    windows: The windows.
    row_starts: Where each text starts among the tokens of all, int32 [B].
  """
  window = tf.repeat(tf.range(tf.size(windows.row)), windows.length)  # [P]
  offset = tf.ragged.range(windows.length).flat_values
  first = tf.gather(row_starts, windows.row) + windows.start  # [W]
  return Places(window, offset, tf.gather(first, window) + offset)


def in_best(windows: Windows, shown: Places, tokens: Any) -> Any:
  """Whether a window is the one that shows a token amid the most context.

  As `tasks/squad/features.best_windows`, scores in float64 as there.

  Args:
    windows: The windows.
    shown: What they show.
    tokens: Tokens of all texts.

  Returns:
    bool [P].
  """
  length = tf.gather(windows.length, shown.window)  # [P]
  least = tf.minimum(shown.offset, length - 1 - shown.offset)
  score = tf.cast(least, tf.float64) + 0.01 * tf.cast(length, tf.float64)
  return is_first_highest(score, shown.token, tokens)


def first_highest(scores: Any, groups: Any, count: Any) -> Any:
  """The first of the highest scores of each group.

  Args:
    scores: [P].
    groups: Which group each score is of, int32 [P].
    count: Groups, G.

  Returns:
    Its place among the scores, int32 [G]; the largest int32 for no score.
  """
  most = tf.math.unsorted_segment_max(scores, groups, count)  # [G]
  place = tf.range(tf.size(scores))
  beaten = scores < tf.gather(most, groups)
  return tf.math.unsorted_segment_min(
    tf.where(beaten, tf.int32.max, place), groups, count
  )


def is_first_highest(scores: Any, groups: Any, count: Any) -> Any:
  """Whether a score is the first of the highest of its group, bool [P]."""
  first = tf.gather(first_highest(scores, groups, count), groups)
  return first == tf.range(tf.size(scores))


def never_empty(rows: Any, value: Any) -> Any:
  """Adds a row of one value where no row has any.

  There is then a window at least: ops that reduce do not take none.

  Args:
    rows: Ragged [B, None].
    value: The value.

  Returns:
    Ragged [B, None], or [B + 1, None].
  """
  none = tf.cast(tf.size(rows.flat_values) == 0, tf.int64)
  one = tf.constant(1, tf.int64)
  more = tf.RaggedTensor.from_row_lengths(
    tf.fill([none], tf.cast(value, rows.dtype)), tf.fill([none], one)
  )
  return tf.concat([rows, more], axis=0)


def in_chunks(
  function: Any, inputs: Any, outputs: Any, rows: Any = _ROWS_AT_ONCE
) -> Any:
  """Applies `function` to some rows at a time, so that memory is bounded.

  Args:
    function: Tensors [R, ...] by name to tensors [R, ...] by name.
    inputs: Tensors [N, ...] by name.
    outputs: dtype and shape, the first axis apart, of each result by name.
    rows: The most rows at once.
  """
  total = tf.shape(next(iter(inputs.values())))[0]
  count = -(-total // rows)
  arrays = {
    name: tf.TensorArray(
      dtype, count, element_shape=[None, *shape], infer_shape=False
    )
    for name, (dtype, shape) in outputs.items()
  }

  def body(index: Any, arrays: Any) -> Any:
    part = slice(index * rows, (index + 1) * rows)
    results = function({name: x[part] for name, x in inputs.items()})
    written = {
      name: array.write(index, results[name]) for name, array in arrays.items()
    }
    return index + 1, written

  _, arrays = tf.while_loop(
    lambda index, _: index < count, body, [0, arrays], parallel_iterations=1
  )
  return {name: array.concat() for name, array in arrays.items()}
