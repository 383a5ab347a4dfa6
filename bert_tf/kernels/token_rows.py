"""Sequences as rows of one matrix, a row a token, with padding or without.

All of the encoder but attention looks at a token alone: a product of a matrix
with a row for each token is the fastest there is, and rows of padding need not
be there at all. Attention puts them into sequences and back.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf


class _Scope(threading.local):
  """Whether padding is skipped; one a thread, as graphs are made in threads."""

  is_skipping: bool = False


_SCOPE = _Scope()


@contextlib.contextmanager
def skipping_padding(wanted: bool = True) -> Iterator[None]:
  """Lets models made to graphs inside compute no padding but in attention.

  Where the input mask is 0 their outputs are then 0. Real tokens have what
  they have otherwise, up to rounding. Shapes depend on values, which XLA and
  TPUs do not allow.
  """
  before = _SCOPE.is_skipping
  _SCOPE.is_skipping = wanted
  try:
    yield
  finally:
    _SCOPE.is_skipping = before


def is_skipping() -> bool:
  """Whether `skipping_padding` is in force."""
  return _SCOPE.is_skipping


class PaddedRows:
  """A row for each place: row b*S + s is token s of sequence b.

  Args:
    shape: B and S, int32 [2].
    heads: Heads of attention, N.
  """

  def __init__(self, shape: Any, heads: int):
    self._batch, self._length = shape[0], shape[1]
    self._heads = heads

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
    """Takes what real tokens have out of [B, S]: [T]."""
    return tf.gather(tf.reshape(x, [-1]), self._places)

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


TokenRows = PaddedRows | RealRows
