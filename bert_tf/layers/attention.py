"""Multi-head self-attention."""

import math
from typing import Any

import tensorflow as tf
import tf_keras

from bert_tf import config as config_lib
from bert_tf.layers import building, compiled, dropout


class SelfAttention(tf_keras.layers.Layer):
  """Scaled dot-product attention of every token to every token.

  Variables `{query,key,value}/{kernel,bias}`, float32 [H, H] and [H].
  Source: Vaswani et al., arXiv 1706.03762, section 3.2; modeling.py,
  `attention_layer`.
  """

  def __init__(self, config: config_lib.BertConfig, **kwargs: Any):
    super().__init__(**kwargs)
    self.config = config
    size, spread = config.hidden_size, config.initializer_range
    policy = self.dtype_policy
    self.query = building.dense(size, spread, name="query", dtype=policy)
    self.key = building.dense(size, spread, name="key", dtype=policy)
    self.value = building.dense(size, spread, name="value", dtype=policy)

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    for layer in (self.query, self.key, self.value):
      building.build_under(layer.name, layer, [None, self.config.hidden_size])
    self.built = True

  def call(self, x: Any, bias: Any, batch: Any, training: bool = False) -> Any:
    """Attends.

    Args:
      x: [B*S, H].
      bias: Added to the scores, [B, 1, 1, S], see `masks.attention_bias`.
      batch: B.
      training: Whether attention probabilities are dropped.

    Returns:
      [B*S, H]: the heads' outputs beside each other.
    """
    query = self._heads(self.query(x), batch)  # [B, N, S, D]
    key = self._heads(self.key(x), batch)
    value = self._heads(self.value(x), batch)
    scores = tf.matmul(query, key, transpose_b=True)  # [B, N, S, S]
    scale = 1.0 / math.sqrt(self.config.head_size)
    rate = self.config.attention_probs_dropout_prob
    if compiled.is_wanted(training):
      probabilities = compiled.attention_probabilities(
        scores, bias, scale, rate
      )
    else:
      scores = tf.cast(scores * scale, tf.float32) + bias
      probabilities = tf.cast(tf.nn.softmax(scores), value.dtype)
      probabilities = dropout.dropout(probabilities, rate, training)
    context = tf.matmul(probabilities, value)  # [B, N, S, D]
    context = tf.transpose(context, [0, 2, 1, 3])  # [B, S, N, D]
    return tf.reshape(context, [-1, self.config.hidden_size])  # [B*S, H]

  def _heads(self, x: Any, batch: Any) -> Any:
    heads, size = self.config.num_attention_heads, self.config.head_size
    x = tf.reshape(x, [batch, -1, heads, size])  # [B, S, N, D]
    return tf.transpose(x, [0, 2, 1, 3])  # [B, N, S, D]
