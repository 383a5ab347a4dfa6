"""Layer normalization."""

from typing import Any

from bert_tf import keras
from bert_tf.kernels import modes


@keras.serializable
class LayerNorm(keras.layers.Layer):
  """Normalizes the last axis; computed in float32 whatever the input is.

  Variables `gamma` (ones) and `beta` (zeros), float32 [H]. The output has the
  dtype of the input. Source: Ba et al., arXiv 1607.06450; modeling.py,
  `layer_norm` (epsilon 1e-12).
  """

  _must_restore_from_config = True  # see `configured_layer`

  def __init__(self, **kwargs: Any):
    super().__init__(dtype="float32", autocast=False, **kwargs)

  def build(self, input_shape: Any) -> None:
    """Makes the variables for inputs of shape [..., H]."""
    size = input_shape[-1]
    self.gamma = self.add_weight("gamma", [size], initializer="ones")
    self.beta = self.add_weight("beta", [size], initializer="zeros")
    self.built = True

  def call(self, x: Any, kernels: modes.Kernels = modes.INFERENCE) -> Any:
    """Normalizes [..., H] to [..., H]."""
    return kernels.layer_norm(x, self.gamma, self.beta)

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras; the dtype is none of them."""
    config: dict[str, Any] = super().get_config()
    del config["dtype"]
    return config
