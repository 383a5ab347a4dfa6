"""Layer normalization."""

from typing import Any

import tensorflow as tf

from bert_tf import keras
from bert_tf.kernels import onednn_fusion

EPSILON = 1e-12


class LayerNorm(keras.layers.Layer):
  """Normalizes the last axis; computed in float32 whatever the input is.

  Variables `gamma` (ones) and `beta` (zeros), float32 [H]. The output has the
  dtype of the input. Source: Ba et al., arXiv 1607.06450; modeling.py,
  `layer_norm` (epsilon 1e-12).
  """

  def __init__(self, **kwargs: Any):
    super().__init__(dtype="float32", autocast=False, **kwargs)

  def build(self, input_shape: Any) -> None:
    """Makes the variables for inputs of shape [..., H]."""
    size = input_shape[-1]
    self.gamma = self.add_weight("gamma", [size], initializer="ones")
    self.beta = self.add_weight("beta", [size], initializer="zeros")
    self.built = True

  def call(self, inputs: Any, training: bool = True) -> Any:
    """Normalizes [..., H] to [..., H].

    Args:
      inputs: [..., H].
      training: False allows of the spelling that is for inference only.
    """
    if onednn_fusion.is_wanted(inputs.dtype, training):
      return self._as_batch_norm(inputs)
    x = tf.cast(inputs, tf.float32)
    mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
    x = tf.nn.batch_normalization(
      x, mean, variance, self.beta, self.gamma, EPSILON
    )
    return tf.cast(x, inputs.dtype)

  def _as_batch_norm(self, inputs: Any) -> Any:
    """The same as oneDNN's one kernel.

    TensorFlow puts `_MklLayerNorm` in the place of just these ops, which say
    that each row is normalized as a batch norm's channel is.
    """
    shape = tf.shape(inputs)
    # Not to be folded to constants where the shape is known: in the pattern
    # scale and offset are ops that fill.
    rows = tf.raw_ops.PlaceholderWithDefault(
      input=tf.reduce_prod(shape[:-1], keepdims=True), shape=[1]
    )  # N
    x = tf.reshape(inputs, [1, -1, inputs.shape[-1], 1])  # [1, N, H, 1]
    nothing = tf.zeros([0], tf.float32)
    x = tf.raw_ops.FusedBatchNormV3(
      x=x,
      scale=tf.fill(rows, 1.0),
      offset=tf.fill(rows, 0.0),
      mean=nothing,
      variance=nothing,
      epsilon=EPSILON,
      data_format="NCHW",
      is_training=True,
    ).y
    x = tf.reshape(x, shape) * tf.cast(self.gamma, inputs.dtype)
    return x + tf.cast(self.beta, inputs.dtype)
