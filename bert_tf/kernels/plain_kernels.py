"""The kernels in TensorFlow's plain ops: the reference for all others."""

from typing import Any

import tensorflow as tf

from bert_tf.kernels import packed_rows, seeded_dropout, token_rows

EPSILON = 1e-12  # of LayerNorm; source: modeling.py, `layer_norm`


class PlainKernels:
  """See `modes.Kernels`.

  Args:
    training: Whether dropout is applied.
    seed: Of dropout, int32 [2]; None for TensorFlow's global generator.
    packed: Whether rows of padding are left out.
  """

  def __init__(
    self, training: bool = False, seed: Any = None, packed: bool = False
  ):
    self.training = training
    self.packed = packed
    self.masks = seeded_dropout.Masks(seed)

  def rows(self, input_mask: Any, heads: int) -> token_rows.TokenRows:
    """A row for each real token if packed, else for each position."""
    if not self.packed:
      return token_rows.PaddedRows(tf.shape(input_mask), heads)
    if self.training:
      return packed_rows.PackedRows(input_mask, heads)
    return token_rows.RealRows(input_mask, heads)

  def dense(self, x: Any, kernel: Any, bias: Any) -> Any:
    """Maps [T, I] to [T, O]."""
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)

  def gelu(self, x: Any) -> Any:
    """Spelled as the one op that oneDNN fuses with the product before it."""
    return tf.nn.gelu(x, approximate=True)

  def dropout(self, x: Any, rate: float) -> Any:
    """Drops entries in training."""
    if not self.training or not rate:
      return x
    kept = self.masks.draw(tf.shape(x), rate)
    scale = tf.where(kept, 1.0 / (1.0 - rate), 0.0)
    return x * tf.cast(scale, x.dtype)

  def softmax_dropout(
    self, scores: Any, bias: Any, scale: float, rate: float
  ) -> Any:
    """Softmax in float32, whatever the dtype of the scores."""
    wide = tf.cast(scores * scale, tf.float32) + bias
    probabilities = tf.cast(tf.nn.softmax(wide), scores.dtype)
    return self.dropout(probabilities, rate)

  def layer_norm(self, x: Any, gamma: Any, beta: Any) -> Any:
    """Normalizes in float32."""
    wide = tf.cast(x, tf.float32)
    mean, variance = tf.nn.moments(wide, axes=[-1], keepdims=True)
    wide = tf.nn.batch_normalization(wide, mean, variance, beta, gamma, EPSILON)
    return tf.cast(wide, x.dtype)

  def add_norm(
    self, x: Any, residual: Any, gamma: Any, beta: Any, rate: float
  ) -> Any:
    """Dropout, residual and LayerNorm, one after the other."""
    return self.layer_norm(self.dropout(x, rate) + residual, gamma, beta)
