"""Rows at chosen places: all that is asked of the last block.

A loss looks at few of the vectors that the encoder ends with: those of masked
words, or the first one. The last block computes these alone; keys and values,
which they are made of, it computes of all tokens.
"""

from typing import Any

import tensorflow as tf

from bert_tf.kernels import token_rows


class ChosenRows:
  """A row for each chosen place: row b*P + p is place p of sequence b.

  Args:
    rows: The rows of all tokens.
    positions: int32 [B, P], places in the sequences; one may come twice.
    heads: Heads of attention, N.
  """

  def __init__(self, rows: token_rows.TokenRows, positions: Any, heads: int):
    self._batch = tf.shape(positions)[0]
    self._places = positions.shape[1] or -1
    self._seen = rows.sequences()
    self._heads = heads
    self._rows = tf.reshape(rows.at(positions), [-1])  # [B*P]

  def take(self, x: Any) -> Any:
    """Takes the chosen ones out of all rows [T, H]: [B*P, H]."""
    return tf.gather(x, self._rows)

  def to_heads(self, x: Any) -> Any:
    """Puts rows [B*P, H] into sequences for each head, [C, N, P, D].

    C is the number of sequences that attention sees, see `token_rows`.
    """
    size = x.shape[-1] // self._heads
    x = tf.reshape(x, [self._batch, -1, self._heads, size])  # [B, P, N, D]
    x = tf.transpose(x, [0, 2, 1, 3])  # [B, N, P, D]
    if self._seen is None:
      return x
    return tf.pad(x, [[0, self._seen - self._batch], [0, 0], [0, 0], [0, 0]])

  def from_heads(self, x: Any, shape: Any) -> Any:
    """The opposite of `to_heads`; arguments as of `PaddedRows`."""
    if self._seen is not None:
      x = x[: self._batch]
    return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), shape)  # [B*P, H]

  def to_sequences(self, x: Any) -> Any:
    """Puts rows [B*P, H] into sequences, [B, P, H]."""
    return tf.reshape(x, [self._batch, self._places, x.shape[-1]])
