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
from bert_tf.kernels import modes
from bert_tf.layers import activations


def initializer(initializer_range: float) -> Any:
  """Truncated normal with the given standard deviation."""
  return keras.initializers.TruncatedNormal(stddev=initializer_range)


@keras.serializable
class Dense(keras.layers.Dense):
  """A product, a bias and an activation, initialized as in the original.

  Args:
    units: Outputs, O.
    initializer_range: Standard deviation of new weights.
    hidden_act: As in bert_config.json; None for none.
    **kwargs: Further arguments of Keras's layer.
  """

  _must_restore_from_config = True  # see `configured_layer`

  def __init__(
    self,
    units: int,
    initializer_range: float,
    hidden_act: str | None = None,
    **kwargs: Any,
  ):
    activations.get_activation(hidden_act)  # Or says which there are.
    kernel = initializer(initializer_range)
    super().__init__(units, kernel_initializer=kernel, **kwargs)
    self.initializer_range = initializer_range
    self.hidden_act = hidden_act

  def call(self, x: Any, kernels: modes.Kernels = modes.INFERENCE) -> Any:
    """Maps [T, I] to [T, O]."""
    # In the scope of the layer: TensorFlow fuses the three only if the names of
    # the activation's ops sort after that of the bias.
    x = kernels.dense(x, self.kernel, self.bias)
    return activations.activate(x, self.hidden_act, kernels)

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    config: dict[str, Any] = super().get_config()
    del config["kernel_initializer"]
    more = {
      "initializer_range": self.initializer_range,
      "hidden_act": self.hidden_act,
    }
    return {**config, **more}


def build_under(
  scope: str, layer: Any, input_shape: Sequence[int | None]
) -> Any:
  """Builds `layer` with `scope/` before its variables' names; returns it."""
  with tf.name_scope(scope):
    layer.build(tf.TensorShape(input_shape))
  return layer
