"""Dropout's masks as functions of a seed, without hidden generators.

With a seed the n-th mask depends on the seed and n alone, so a run that is
resumed at step 1000 drops what an undisturbed run would, and one that XLA
compiles drops what an uncompiled one does.
"""

from typing import Any

import tensorflow as tf


def fold(seed: Any, number: Any) -> Any:
  """A seed, int32 [2], made of another and a number.

  The algorithm is named: XLA would choose another one for negative seeds.
  """
  fold_in = tf.random.experimental.stateless_fold_in
  return fold_in(seed, number, alg="philox")


def kept(shape: Any, rate: float, seed: Any) -> Any:
  """Which entries stay, bool of `shape`, from a seed, int32 [2].

  Compares whole numbers: XLA draws the same bits as TensorFlow's kernels do,
  but makes other floats of them.
  """
  bits = tf.random.stateless_uniform(
    shape, seed, minval=None, maxval=None, dtype=tf.uint32, alg="philox"
  )
  return bits >= tf.constant(round(rate * 2**32), tf.uint32)


class Masks:
  """The masks of one forward pass, one after the other.

  Args:
    seed: int32 [2]; None for TensorFlow's global generator.
  """

  def __init__(self, seed: Any = None):
    self.seed = seed
    self._drawn = 0

  def next_seed(self) -> Any:
    """The seed of the next mask, int32 [2].

    Raises:
      ValueError: There is no seed to make it of.
    """
    if self.seed is None:
      raise ValueError("this dropout needs a seed: give `Mode` one")
    self._drawn += 1
    return fold(self.seed, self._drawn)

  def draw(self, shape: Any, rate: float) -> Any:
    """The next mask: which entries stay, bool of `shape`."""
    if self.seed is None:
      return tf.random.uniform(shape) >= rate
    return kept(shape, rate, self.next_seed())
