"""Dropout as a function of a seed, without hidden generators.

Inside `seeded(seed)` the mask of the n-th call depends on `seed` and n alone,
so a run that is resumed at step 1000 drops what an undisturbed run would.
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


def _uniform(shape: Any) -> Any:
  """Uniform numbers in [0, 1), float32, from the seed in force if any."""
  if _SCOPE.seed is None:
    return tf.random.uniform(shape)
  _SCOPE.calls += 1
  seed = tf.random.experimental.stateless_fold_in(_SCOPE.seed, _SCOPE.calls)
  return tf.random.stateless_uniform(shape, seed, alg="philox")


def dropout(x: Any, rate: float, training: bool) -> Any:
  """Sets entries of `x` to 0 with probability `rate`, scaling up the others.

  Args:
    x: Any shape, any float dtype.
    rate: From 0 to below 1.
    training: Where false, `x` comes back as it is.
  """
  if not training or not rate:
    return x
  kept = _uniform(tf.shape(x)) >= rate
  scale = tf.where(kept, 1.0 / (1.0 - rate), 0.0)
  return x * tf.cast(scale, x.dtype)
