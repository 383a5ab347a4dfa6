"""Random numbers as functions of where they are used, for whole batches.

SplitMix64's output function (Steele et al., 2014) of a counter. Each number is
a function of the seed, the example, the stream and the place, so that a batch
may be cut in any way. It is made of a few ops on [B, S].
"""

from typing import Any

import tensorflow as tf

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def bits(seed: int, examples: Any, stream: int, places: int) -> Any:
  """Random bits, uint64 [B, places].

  Args:
    seed: Of all of them.
    examples: The number of each example, int64 [B].
    stream: Which of several independent streams.
    places: How many numbers for each example.
  """
  start = _mixed(_plus(tf.zeros([], tf.uint64), seed % 2**64))
  rows = _mixed(start ^ _mixed(tf.cast(examples, tf.uint64)))  # [B]
  streams = _mixed(_plus(rows, (stream + 1) * _GOLDEN % 2**64))
  counter = tf.cast(tf.range(1, places + 1, dtype=tf.int64), tf.uint64)
  return _mixed(streams[:, None] + counter * _constant(_GOLDEN))


def are_below(values: Any, share: float) -> Any:
  """Which of `bits` are below a share of their range, bool."""
  high = tf.bitwise.right_shift(values, _constant(32))  # 32 bits
  return high < _constant(round(share * 2**32))


def keys(values: Any) -> Any:
  """`bits` as numbers from 0 up to sort by, int64."""
  return tf.cast(tf.bitwise.right_shift(values, _constant(1)), tf.int64)


def _mixed(x: Any) -> Any:
  x = (x ^ tf.bitwise.right_shift(x, _constant(30))) * _constant(_FIRST)
  x = (x ^ tf.bitwise.right_shift(x, _constant(27))) * _constant(_SECOND)
  return x ^ tf.bitwise.right_shift(x, _constant(31))


def _plus(x: Any, number: int) -> Any:
  return x + _constant(number)


def _constant(number: int) -> Any:
  return tf.constant(number, tf.uint64)
