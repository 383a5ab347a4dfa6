"""Sequences as rows of one matrix, a row a token, with padding or without.

All of the encoder but attention looks at a token alone: a product of a matrix
with a row for each token is the fastest there is, and rows of padding need not
be there at all. Attention puts them into sequences and back. `packed_rows` has
the rows of training.
"""

from typing import Any

import tensorflow as tf

from bert_tf.kernels import packed_rows

_LEAST_ROWS = 16
_PARTS_OF_ROWS = 16
_LEAST_LENGTH = 8
_PARTS_OF_LENGTH = 8
_PARTS_OF_BATCH = 2


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

  def at(self, positions: Any) -> Any:
    """Which rows the places [B, P] of the sequences are: [B, P]."""
    rows = tf.range(self._batch * self._length)
    rows = tf.reshape(rows, [self._batch, self._length])
    # By a gather: on a CPU it refuses a place beyond the sequence.
    return tf.gather(rows, positions, batch_dims=1)

  def keys(self, x: Any) -> Any:
    """The part of [B, S] that attention sees: all."""
    return x

  def sequences(self) -> Any:
    """How many sequences attention sees; None for as many as there are."""
    return None

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
  """A row for each real token, in order, then dummy rows: T in all.

  The first token of a sequence counts as real whatever the mask says, so that
  no sequence is empty.

  oneDNN keeps what it prepared for each shape that it met. So that there are
  few shapes, T is rounded up (`few`), and attention sees sequences and batches
  that are rounded up too. Dummy rows repeat the first row, and nothing is taken
  from them.

  Args:
    input_mask: int32 [B, S], not 0 for real tokens.
    heads: Heads of attention, N.

  Attributes:
    positions: Of each row in its sequence, int32 [T].
  """

  def __init__(self, input_mask: Any, heads: int):
    shape = tf.shape(input_mask)
    batch, length = shape[0], shape[1]
    self._batch, self._length = batch, length
    self._heads = heads
    is_first = tf.range(length) == 0  # [S]
    is_real = tf.cast(input_mask, tf.bool) | is_first  # [B, S]
    flat = tf.reshape(is_real, [-1])  # [B*S]
    places = tf.cast(tf.where(flat)[:, 0], tf.int32)
    self._real = tf.size(places)
    count = few(self._real, _LEAST_ROWS, _PARTS_OF_ROWS)  # T
    self._places = tf.pad(places, [[0, count - self._real]])  # [T]
    self.positions = self._places % length
    # Padding takes what the first row has: the mask keeps it out of sight.
    row = tf.where(flat, tf.cumsum(tf.cast(flat, tf.int32)) - 1, 0)
    # Attention's batch and length, C and L.
    self._seen_length = few(length, _LEAST_LENGTH, _PARTS_OF_LENGTH)
    self._seen_batch = few(batch, 1, _PARTS_OF_BATCH)
    self._more = [
      [0, self._seen_batch - batch],
      [0, self._seen_length - length],
    ]
    self._row = tf.reshape(row, shape)  # [B, S]
    row = self.keys(self._row)  # [C, L]
    head = tf.range(heads)
    self._row_of_head = row[:, None] * heads + head[None, :, None]  # [C, N, L]
    # By expand_dims, as TensorFlow forgets of a slice that its T is that T.
    sequence = tf.expand_dims(self._places // length, 1)  # [T, 1]
    place = tf.expand_dims(self.positions, 1)  # [T, 1]
    self._place_of_head = (
      sequence * heads + head
    ) * self._seen_length + place  # [T, N]

  def pack(self, x: Any) -> Any:
    """Takes the rows' values out of [B, S]: [T]."""
    return tf.gather(tf.reshape(x, [-1]), self._places)

  def at(self, positions: Any) -> Any:
    """As of `PaddedRows`; of padding the first row."""
    return tf.gather(self._row, positions, batch_dims=1)

  def keys(self, x: Any) -> Any:
    """[B, S] as attention sees it, with zeros: [C, L]."""
    return tf.pad(x, self._more)

  def sequences(self) -> Any:
    """As of `PaddedRows`: C."""
    return self._seen_batch

  def add_positions(self, x: Any, table: Any) -> Any:
    """As of `PaddedRows`."""
    return x + tf.gather(table, self.positions)

  def to_heads(self, x: Any) -> Any:
    """Puts rows [T, H] into sequences for each head, [C, N, L, D]."""
    parts = tf.reshape(x, [-1, x.shape[-1] // self._heads])  # [T*N, D]
    return tf.gather(parts, self._row_of_head)

  def from_heads(self, x: Any, shape: Any) -> Any:
    """As of `PaddedRows`."""
    parts = tf.reshape(x, [-1, x.shape[-1]])  # [C*N*L, D]
    parts = tf.gather(parts, self._place_of_head)  # [T, N, D]
    return tf.reshape(parts, shape)  # [T, H]

  def to_sequences(self, x: Any) -> Any:
    """Puts rows [T, H] into sequences, [B, S, H]; 0 at padding."""
    shape = [self._batch * self._length, x.shape[-1]]
    places = self._places[: self._real, None]
    x = tf.scatter_nd(places, x[: self._real], shape)  # [B*S, H]
    return tf.reshape(x, [self._batch, self._length, shape[1]])


def few(number: Any, least: int, parts: int) -> Any:
  """Rounds up, so that few numbers are left.

  Multiples of `least`, and of the power of two below divided by `parts`: of the
  numbers between one power of two and the next, `parts` are left.

  Args:
    number: int32, from 0 to 2^24.
    least: A power of two.
    parts: A power of two.
  """
  bits = tf.bitcast(tf.cast(tf.maximum(number, 1), tf.float32), tf.int32)
  exponent = tf.bitwise.right_shift(bits, 23) - 127  # of the power of two
  power = tf.bitwise.left_shift(tf.ones_like(exponent), exponent)
  step = tf.maximum(power // parts, least)
  return (number + step - 1) // step * step


TokenRows = PaddedRows | RealRows | packed_rows.PackedRows
