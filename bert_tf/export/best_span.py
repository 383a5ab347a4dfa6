"""Answers to questions out of scores of tokens, as TensorFlow ops.

The graph's form of `tasks/squad/answer_decoder.py`, for the one best answer.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf.export import token_windows

NO_SCORE = 1_000_000.0  # the original's start for the least null score


class Best(NamedTuple):
  """The best span of each text.

  Attributes:
    found: Whether there is one, bool [B].
    window: Its window, int32 [B]; 0 where there is none, as the next two.
    start: Its first token's place in the model's input, int32 [B].
    end: Its last token's, int32 [B].
    score: The sum of both logits, float64 [B].
    null_score: The least sum at [CLS] of all windows, float64 [B].
  """

  found: Any
  window: Any
  start: Any
  end: Any
  score: Any
  null_score: Any


def best(
  windows: token_windows.Windows,
  start_logits: Any,
  end_logits: Any,
  is_context: Any,
  is_best: Any,
  rows: Any,
  n_best_size: int,
  max_answer_length: int,
) -> Best:
  """Chooses the best span of each text.

  Args:
    windows: W windows.
    start_logits: float32 [W, S], -inf at padding that takes no part.
    end_logits: float32 [W, S].
    is_context: Which are tokens of the text, bool [W, S].
    is_best: Which of them no other window shows amid more context, [W, S].
    rows: B.
    n_best_size: Starts and ends considered in a window.
    max_answer_length: Tokens of the longest answer.
  """
  count = tf.minimum(n_best_size, tf.shape(start_logits)[1])  # K
  starts = tf.math.top_k(start_logits, count)  # [W, K], first of equals first
  ends = tf.math.top_k(end_logits, count)
  first, last = starts.indices[:, :, None], ends.indices[:, None]
  allowed = tf.gather(is_best, starts.indices, batch_dims=1)[:, :, None]
  allowed &= tf.gather(is_context, ends.indices, batch_dims=1)[:, None]
  allowed &= (first <= last) & (last < first + max_answer_length)  # [W, K, K]
  sums = tf.cast(starts.values, tf.float64)[:, :, None]
  sums += tf.cast(ends.values, tf.float64)[:, None]
  lowest = tf.constant(float("-inf"), tf.float64)
  flat = tf.reshape(
    tf.where(allowed, sums, lowest), [tf.size(windows.row), count * count]
  )
  choice = tf.argmax(flat, axis=1, output_type=tf.int32)  # [W]
  scores = tf.gather(flat, choice, batch_dims=1)
  first = token_windows.first_highest(scores, windows.row, rows)  # [B]
  window = tf.minimum(first, tf.size(scores))  # W where there is none
  score = tf.gather(tf.concat([scores, [lowest]], axis=0), window)
  found = score > lowest
  window = tf.where(found, window, 0)
  null = tf.cast(start_logits[:, 0], tf.float64)
  null += tf.cast(end_logits[:, 0], tf.float64)
  nulls = tf.math.unsorted_segment_min(null, windows.row, rows)
  return Best(
    found,
    window,
    _take(starts.indices, window, _take(choice, window) // count),
    _take(ends.indices, window, _take(choice, window) % count),
    tf.where(found, score, 0.0),
    tf.minimum(nulls, NO_SCORE),
  )


def _take(values: Any, index: Any, column: Any = None) -> Any:
  """values[index] or values[index, column]; 0 where there are no values."""
  padded = tf.pad(values, [[0, 1], *[[0, 0]] * (len(values.shape) - 1)])
  taken = tf.gather(padded, index)
  return taken if column is None else tf.gather(taken, column, batch_dims=1)
