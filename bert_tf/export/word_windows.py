"""Windows over sentences of words, as TensorFlow ops.

The graph's form of `tasks/tagging/examples.py`.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf.export import token_windows

_MUCH = tf.int32.max


class WordWindows(NamedTuple):
  """Windows of whole words; int32 [W] each, then one entry a word, int32 [N].

  Attributes:
    tokens: The windows, in tokens.
    window_of_word: The window that each word belongs to.
    place_of_word: Where its first piece stands in that window, from 0.
  """

  tokens: token_windows.Windows
  window_of_word: Any
  place_of_word: Any


def cut(lengths: Any, limit: int) -> WordWindows:
  """Cuts sentences into windows.

  Args:
    lengths: Pieces of each word, each at most `limit`; ragged [B, words].
    limit: The most pieces of a window.
  """
  sums = _sums(lengths)  # [B, most words + 1]
  row, first, last = _spans(sums, lengths.row_lengths(), limit)
  start, end = (_at(sums, row, x) for x in (first, last))  # [W] in pieces
  shown = token_windows.places(
    token_windows.Windows(row, first, last - first),
    tf.cast(lengths.row_starts(), tf.int32),
  )  # of words: one entry for each word in each window that shows it
  word = tf.gather(first, shown.window) + shown.offset
  of_row = tf.gather(row, shown.window)
  left = _at(sums, of_row, word) - tf.gather(start, shown.window)
  right = tf.gather(end, shown.window) - _at(sums, of_row, word + 1)
  # Where a word's poorer side has most context, then where both have.
  least = tf.cast(tf.minimum(left, right), tf.int64)
  rank = least * 2**31 + tf.cast(left + right, tf.int64)
  owned = token_windows.is_first_highest(
    rank, shown.token, tf.size(lengths.flat_values)
  )
  mine = tf.boolean_mask(
    tf.stack([shown.token, shown.window, left], axis=1), owned
  )
  mine = tf.gather(mine, tf.argsort(mine[:, 0]))  # a row for each word
  windows = token_windows.Windows(row, start, end - start)
  return WordWindows(windows, mine[:, 1], mine[:, 2])


def _sums(lengths: Any) -> Any:
  """Pieces before each word, and of all; very many beyond the last word."""
  padded = tf.concat([tf.zeros_like(lengths[:, :0].to_tensor()), lengths], 1)
  dense = tf.cumsum(padded.to_tensor(), axis=1)  # [B, words]
  dense = tf.pad(dense, [[0, 0], [1, 0]])
  count = tf.cast(lengths.row_lengths(), tf.int32)[:, None]
  place = tf.range(tf.shape(dense)[1])[None]
  return tf.where(place <= count, dense, _MUCH)


def _spans(sums: Any, words: Any, limit: int) -> tuple[Any, Any, Any]:
  """Row, first word and one past the last of each window, row after row."""
  words = tf.cast(words, tf.int32)
  rows = tf.range(tf.size(words))
  empty = tf.TensorArray(
    tf.int32, 0, dynamic_size=True, element_shape=[None, 3]
  )

  def reach(first: Any, pieces: int) -> Any:
    """How far so many pieces go: one past the last word."""
    limits = _at(sums, rows, tf.minimum(first, words)) + pieces
    found = tf.searchsorted(sums, limits[:, None], side="right")
    return found[:, 0] - 1

  def body(index: Any, active: Any, first: Any, found: Any) -> Any:
    last = reach(first, limit)
    entry = tf.boolean_mask(tf.stack([rows, first, last], axis=1), active)
    following = tf.minimum(reach(first, max(limit // 2, 1)), last)
    following = tf.maximum(following, first + 1)
    still = active & (last < words)
    return index + 1, still, following, found.write(index, entry)

  *_, found = tf.while_loop(
    lambda index, active, *_: tf.reduce_any(active),
    body,
    [0, words > 0, tf.zeros_like(words), empty],
  )
  entries = found.concat()  # by number of the window, then by row
  entries = tf.gather(entries, tf.argsort(entries[:, 0], stable=True))
  return entries[:, 0], entries[:, 1], entries[:, 2]


def _at(values: Any, row: Any, column: Any) -> Any:
  return tf.gather_nd(values, tf.stack([row, column], axis=1))
