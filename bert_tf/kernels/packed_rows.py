"""Rows of real tokens for training: gathers whose gradients are gathers.

Most batches are padding: on SST-2 at 128 tokens nine parts of ten. Here only
real tokens are rows, and attention sees sequences as long as the longest one.

A few rows stand for no token. The number of rows is rounded up, so that
compiled functions see few shapes, and one row at least is such a dummy: padding
takes its values from it. No gradient comes out of a dummy row, since what is
made of padding takes no part in a loss.
"""

from typing import Any

import tensorflow as tf

_ROWS = 128  # row counts are multiples of this, and lengths of that
_LENGTHS = 16
_SHAPES = 32  # at most so many row counts, however large the batch


class PackedRows:
  """A row for each real token, in order, then dummy rows: T in all.

  The first token of a sequence counts as real whatever the mask says. What
  `to_sequences` gives at padding has no meaning.

  Args:
    input_mask: int32 [B, S], not 0 for real tokens.
    heads: Heads of attention, N.
  """

  def __init__(self, input_mask: Any, heads: int):
    shape = tf.shape(input_mask)
    batch, length = shape[0], shape[1]
    self._heads = heads
    is_first = tf.range(length) == 0  # [S]
    is_real = tf.cast(input_mask, tf.bool) | is_first  # [B, S]
    self._length = _longest(is_real, length)  # L
    flat = tf.reshape(is_real, [-1])  # [B*S]
    places = tf.cast(tf.where(flat)[:, 0], tf.int32)
    real = tf.size(places)
    step = tf.maximum(_round_up(batch * length // _SHAPES, _ROWS), _ROWS)
    count = (real // step + 1) * step  # T
    self._is_real = tf.range(count) < real  # [T]
    self._places = tf.pad(places, [[0, count - real]])  # [T]
    row = tf.where(flat, tf.cumsum(tf.cast(flat, tf.int32)) - 1, count - 1)
    self._row = tf.reshape(row, shape)  # [B, S]
    self._key_row = self._row[:, : self._length]  # [B, L]
    head = tf.range(heads)
    self._row_of_head = (
      self._key_row[:, None] * heads + head[None, :, None]
    )  # [B, N, L]
    # By expand_dims, as TensorFlow forgets of a slice that its T is that T.
    sequence = tf.expand_dims(self._places // length, 1)  # [T, 1]
    place = tf.expand_dims(self._places % length, 1)  # [T, 1]
    self._place_of_head = (
      sequence * heads + head
    ) * self._length + place  # [T, N]

  def pack(self, x: Any) -> Any:
    """Takes the rows' values out of [B, S]: [T], 0 for dummies."""
    x = tf.gather(tf.reshape(x, [-1]), self._places)
    return tf.where(self._is_real, x, 0)

  def at(self, positions: Any) -> Any:
    """Which rows the places [B, P] of the sequences are; of padding a dummy."""
    return tf.gather(self._row, positions, batch_dims=1)

  def sequences(self) -> Any:
    """How many sequences attention sees; None for as many as there are."""
    return None

  def keys(self, x: Any) -> Any:
    """The part of [B, S] that attention sees: [B, L]."""
    return x[:, : self._length]

  def add_positions(self, x: Any, table: Any) -> Any:
    """Adds each row's entry in a table [P, H] of positions to `x` [T, H].

    The gradient of the table is dense, as that of a slice of it: the norm that
    gradients are clipped by depends on it.
    """
    table = tf.convert_to_tensor(table)

    @tf.custom_gradient
    def take(table: Any) -> Any:
      def gradient(upstream: Any) -> Any:
        of_places = tf.gather(upstream, self._key_row)  # [B, L, H]
        of_table = tf.reduce_sum(tf.cast(of_places, tf.float32), axis=0)
        rest = tf.shape(table)[0] - self._length
        return tf.cast(tf.pad(of_table, [[0, rest], [0, 0]]), table.dtype)

      positions = self._places % tf.shape(self._row)[1]
      return tf.gather(table, positions), gradient

    return x + take(table)

  def to_heads(self, x: Any) -> Any:
    """Puts rows [T, H] into sequences for each head, [B, N, L, D]."""

    @tf.custom_gradient
    def apply(x: Any) -> Any:
      def gradient(upstream: Any) -> Any:
        return self._without_dummies(self._from_heads(upstream, tf.shape(x)))

      return self._to_heads(x), gradient

    return apply(x)

  def from_heads(self, x: Any, shape: Any) -> Any:
    """The opposite of `to_heads`: [B, N, L, D] to [T, H], the given shape."""

    @tf.custom_gradient
    def apply(x: Any) -> Any:
      return self._from_heads(x, shape), self._to_heads

    return apply(x)

  def to_sequences(self, x: Any) -> Any:
    """Puts rows [T, H] into sequences, [B, S, H]."""

    @tf.custom_gradient
    def apply(x: Any) -> Any:
      def gradient(upstream: Any) -> Any:
        flat = tf.reshape(upstream, [-1, upstream.shape[-1]])  # [B*S, H]
        return self._without_dummies(tf.gather(flat, self._places))

      return tf.gather(x, self._row), gradient

    return apply(x)

  def _to_heads(self, x: Any) -> Any:
    size = x.shape[-1] // self._heads
    heads = tf.gather(tf.reshape(x, [-1, size]), self._row_of_head)
    return tf.ensure_shape(heads, [None, self._heads, None, size])

  def _from_heads(self, x: Any, shape: Any) -> Any:
    parts = tf.reshape(x, [-1, x.shape[-1]])  # [B*N*L, D]
    rows = tf.reshape(tf.gather(parts, self._place_of_head), shape)
    return tf.ensure_shape(rows, [None, self._heads * x.shape[-1]])

  def _without_dummies(self, x: Any) -> Any:
    """`x` [T, H], 0 in dummy rows."""
    return tf.where(self._is_real[:, None], x, tf.zeros([], x.dtype))


def _longest(is_real: Any, length: Any) -> Any:
  """Tokens of the longest sequence of [B, S], rounded up, at most S."""
  ends = tf.where(is_real, tf.range(1, length + 1), 0)  # [B, S]
  return tf.minimum(_round_up(tf.reduce_max(ends), _LENGTHS), length)


def _round_up(number: Any, multiple: int) -> Any:
  return (number + multiple - 1) // multiple * multiple
