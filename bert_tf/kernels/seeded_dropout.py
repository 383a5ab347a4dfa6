"""Dropout as a function of a seed, without hidden generators.

Inside `seeded(seed)` the mask of the n-th call depends on `seed` and n alone,
so a run that is resumed at step 1000 drops what an undisturbed run would, and
one that XLA compiles drops what an uncompiled one does.
Outside of it TensorFlow's own generator is used.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf


class _Scope(threading.local):
  """The seed in force; one a thread, since replicas are traced in threads."""

  seed: Any = None
  calls: int = 0


_SCOPE = _Scope()


@contextlib.contextmanager
def seeded(seed: Any) -> Iterator[None]:
  """Makes the dropout inside a function of `seed`, an int32 tensor [2]."""
  before = _SCOPE.seed, _SCOPE.calls
  _SCOPE.seed, _SCOPE.calls = seed, 0
  try:
    yield
  finally:
    _SCOPE.seed, _SCOPE.calls = before


def fold(seed: Any, number: Any) -> Any:
  """A seed, int32 [2], made of another and a number.

  The algorithm is named: XLA would choose another one for negative seeds.
  """
  fold_in = tf.random.experimental.stateless_fold_in
  return fold_in(seed, number, alg="philox")


def is_seeded() -> bool:
  """Whether a seed is in force."""
  return _SCOPE.seed is not None


def next_seed() -> Any:
  """The seed of the next call, int32 [2], from the seed in force."""
  _SCOPE.calls += 1
  return fold(_SCOPE.seed, _SCOPE.calls)


def kept(shape: Any, rate: float, seed: Any) -> Any:
  """Which entries stay, bool of `shape`, from a seed, int32 [2].

  Compares whole numbers: XLA draws the same bits as TensorFlow's kernels do,
  but makes other floats of them.
  """
  bits = tf.random.stateless_uniform(
    shape, seed, minval=None, maxval=None, dtype=tf.uint32, alg="philox"
  )
  return bits >= tf.constant(round(rate * 2**32), tf.uint32)


def dropout(x: Any, rate: float, training: bool) -> Any:
  """Sets entries of `x` to 0 with probability `rate`, scaling up the others.

  Args:
    x: Any shape, any float dtype.
    rate: From 0 to below 1.
    training: Where false, `x` comes back as it is.
  """
  if not training or not rate:
    return x
  shape = tf.shape(x)
  if is_seeded():
    stays = kept(shape, rate, next_seed())
  else:
    stays = tf.random.uniform(shape) >= rate
  scale = tf.where(stays, 1.0 / (1.0 - rate), 0.0)
  return x * tf.cast(scale, x.dtype)
