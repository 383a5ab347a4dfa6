"""Sequences as rows of one matrix, a row a token, with padding or without.

All of the encoder but attention looks at a token alone: a product of a matrix
with a row for each token is the fastest there is, and rows of padding need not
be there at all. Attention puts them into sequences and back. `packed_rows` has
the rows of training.
"""

from typing import Any

import tensorflow as tf

from bert_tf.kernels import packed_rows


class PaddedRows:
  """A row for each place: row b*S + s is token s of sequence b.

  Args:
    shape: B and S, int32 [2].
    heads: Heads of attention, N.
  """

  def __init__(self, shape: Any, heads: int):
    self._batch, self._length = shape[0], shape[1]
    self._heads = heads

  def pack(self, x: Any) -> Any:
    """Takes the rows' values out of [B, S]: [T], T = B*S."""
    return tf.reshape(x, [-1])

  def keys(self, x: Any) -> Any:
    """The part of [B, S] that attention sees: all."""
    return x

  def add_positions(self, x: Any, table: Any) -> Any:
    """Adds each row's entry in a table [P, H] of positions to `x` [T, H]."""
    # Not [B, S, H] and back: of two reshapes TensorFlow makes one, and then
    # does not see the LayerNorm that follows.
    return x + tf.tile(table[: self._length], [self._batch, 1])

  def to_heads(self, x: Any) -> Any:
    """Puts rows [B*S, H] into sequences for each head, [B, N, S, D]."""
    size = x.shape[-1] // self._heads
    x = tf.reshape(x, [self._batch, -1, self._heads, size])  # [B, S, N, D]
    return tf.transpose(x, [0, 2, 1, 3])  # [B, N, S, D]

  def from_heads(self, x: Any, shape: Any) -> Any:
    """The opposite of `to_heads`.

    Args:
      x: [B, N, S, D].
      shape: That of the rows, int32 [2]. Told like this TensorFlow sees that
        it is that of other rows, and fuses what adds them.
    """
    x = tf.transpose(x, [0, 2, 1, 3])  # [B, S, N, D]
    return tf.reshape(x, shape)  # [B*S, H]

  def to_sequences(self, x: Any) -> Any:
    """Puts rows [B*S, H] into sequences, [B, S, H]."""
    return tf.reshape(x, [self._batch, self._length, x.shape[-1]])


class RealRows:
  """A row for each real token, T of them, in order.

  The first token of a sequence counts as real whatever the mask says, so that
  no sequence is empty.

  Args:
    input_mask: int32 [B, S], not 0 for real tokens.
    heads: Heads of attention, N.

  Attributes:
    positions: Of each row in its sequence, int32 [T].
  """

  def __init__(self, input_mask: Any, heads: int):
    shape = tf.shape(input_mask)
    self._batch, self._length = shape[0], shape[1]
    self._heads = heads
    is_first = tf.range(self._length) == 0  # [S]
    is_real = tf.cast(input_mask, tf.bool) | is_first  # [B, S]
    flat = tf.reshape(is_real, [-1])  # [B*S]
    self._places = tf.cast(tf.where(flat)[:, 0], tf.int32)  # [T]
    self.positions = self._places % self._length
    # Padding takes what the first row has: the mask keeps it out of sight.
    row = tf.where(flat, tf.cumsum(tf.cast(flat, tf.int32)) - 1, 0)
    row = tf.reshape(row, shape)  # [B, S]
    head = tf.range(heads)
    self._row_of_head = row[:, None] * heads + head[None, :, None]  # [B, N, S]
    # By expand_dims, as TensorFlow forgets of a slice that its T is that T.
    sequence = tf.expand_dims(self._places // self._length, 1)  # [T, 1]
    place = tf.expand_dims(self.positions, 1)  # [T, 1]
    self._place_of_head = (
      sequence * heads + head
    ) * self._length + place  # [T, N]

  def pack(self, x: Any) -> Any:
    """Takes the rows' values out of [B, S]: [T]."""
    return tf.gather(tf.reshape(x, [-1]), self._places)

  def keys(self, x: Any) -> Any:
    """As of `PaddedRows`."""
    return x

  def add_positions(self, x: Any, table: Any) -> Any:
    """As of `PaddedRows`."""
    return x + tf.gather(table, self.positions)

  def to_heads(self, x: Any) -> Any:
    """Puts rows [T, H] into sequences for each head, [B, N, S, D]."""
    parts = tf.reshape(x, [-1, x.shape[-1] // self._heads])  # [T*N, D]
    return tf.gather(parts, self._row_of_head)

  def from_heads(self, x: Any, shape: Any) -> Any:
    """As of `PaddedRows`."""
    parts = tf.reshape(x, [-1, x.shape[-1]])  # [B*N*S, D]
    parts = tf.gather(parts, self._place_of_head)  # [T, N, D]
    return tf.reshape(parts, shape)  # [T, H]

  def to_sequences(self, x: Any) -> Any:
    """Puts rows [T, H] into sequences, [B, S, H]; 0 at padding."""
    shape = [self._batch * self._length, x.shape[-1]]
    x = tf.scatter_nd(self._places[:, None], x, shape)  # [B*S, H]
    return tf.reshape(x, [self._batch, self._length, shape[1]])


TokenRows = PaddedRows | RealRows | packed_rows.PackedRows
