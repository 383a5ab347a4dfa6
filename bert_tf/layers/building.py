"""Making variables under the names of Google's checkpoints.

A layer's variables are named after the name scopes open when it is built.
Every layer of this package therefore builds its parts itself, each under its
own scope, at construction of the model: so a variable's name is its name in
the checkpoint, `bert/encoder/layer_0/attention/self/query/kernel`.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_keras


def initializer(initializer_range: float) -> Any:
  """Truncated normal with the given standard deviation."""
  return tf_keras.initializers.TruncatedNormal(stddev=initializer_range)


def dense(
  units: int, initializer_range: float, activation: Any = None, **kwargs: Any
) -> Any:
  """A dense layer, [..., I] to [..., units], initialized as in the original."""
  return tf_keras.layers.Dense(
    units,
    activation=activation,
    kernel_initializer=initializer(initializer_range),
    **kwargs,
  )


def build_under(
  scope: str, layer: Any, input_shape: Sequence[int | None]
) -> Any:
  """Builds `layer` with `scope/` before its variables' names; returns it."""
  with tf.name_scope(scope):
    layer.build(tf.TensorShape(input_shape))
  return layer
