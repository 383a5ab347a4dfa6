"""Making variables under the names of Google's checkpoints.

A layer's variables are named after the name scopes open when it is built.
Every layer of this package therefore builds its parts itself, each under its
own scope, at construction of the model: so a variable's name is its name in
the checkpoint, `bert/encoder/layer_0/attention/self/query/kernel`.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from bert_tf import keras
from bert_tf.kernels import xla_groups


def initializer(initializer_range: float) -> Any:
  """Truncated normal with the given standard deviation."""
  return keras.initializers.TruncatedNormal(stddev=initializer_range)


class WideDense(keras.layers.Dense):
  """A dense layer with more outputs than inputs: [T, I] to [T, units]."""

  def call(self, inputs: Any) -> Any:
    """Computes as any dense layer, in training with a faster gradient."""
    if not xla_groups.is_wanted():
      return super().call(inputs)
    kernel = tf.convert_to_tensor(self.kernel)
    outputs = xla_groups.wide_product(inputs, kernel)
    return self.activation(tf.nn.bias_add(outputs, self.bias))


def dense(
  units: int,
  initializer_range: float,
  activation: Any = None,
  kind: Any = keras.layers.Dense,
  **kwargs: Any,
) -> Any:
  """A dense layer, [..., I] to [..., units], initialized as in the original."""
  return kind(
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
