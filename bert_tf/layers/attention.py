"""Multi-head self-attention."""

import math
from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import (
  onednn_fusion,
  seeded_dropout,
  token_rows,
  xla_groups,
)
from bert_tf.layers import named_variables


class SelfAttention(keras.layers.Layer):
  """Scaled dot-product attention of every token to every token.

  Variables `{query,key,value}/{kernel,bias}`, float32 [H, H] and [H].
  Source: Vaswani et al., arXiv 1706.03762, section 3.2; modeling.py,
  `attention_layer`.
  """

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(**kwargs)
    self.config = config
    size, spread = config.hidden_size, config.initializer_range
    policy = self.dtype_policy
    self.query = named_variables.dense(size, spread, name="query", dtype=policy)
    self.key = named_variables.dense(size, spread, name="key", dtype=policy)
    self.value = named_variables.dense(size, spread, name="value", dtype=policy)

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    for layer in (self.query, self.key, self.value):
      named_variables.build_under(
        layer.name, layer, [None, self.config.hidden_size]
      )
    self.built = True

  def call(
    self,
    x: Any,
    bias: Any,
    rows: token_rows.TokenRows,
    training: bool = False,
  ) -> Any:
    """Attends.

    Args:
      x: [T, H].
      bias: Added to the scores, [B, 1, 1, S], see `masks.attention_bias`.
      rows: What tokens the rows of `x` are.
      training: Whether attention probabilities are dropped.

    Returns:
      [T, H]: the heads' outputs beside each other.
    """
    query = rows.to_heads(self.query(x))  # [B, N, S, D]
    key = rows.to_heads(self.key(x))
    value = rows.to_heads(self.value(x))
    scores = tf.matmul(query, key, transpose_b=True)  # [B, N, S, S]
    scale = 1.0 / math.sqrt(self.config.head_size)
    rate = self.config.attention_probs_dropout_prob
    if xla_groups.is_wanted(training):
      probabilities = xla_groups.attention_probabilities(
        scores, bias, scale, rate
      )
    else:
      scores *= scale
      if not onednn_fusion.is_wanted(scores.dtype, training):
        scores = tf.cast(scores, tf.float32)
      scores += tf.cast(bias, scores.dtype)  # fused if it is of one type
      probabilities = tf.cast(tf.nn.softmax(scores), value.dtype)
      probabilities = seeded_dropout.dropout(probabilities, rate, training)
    context = tf.matmul(probabilities, value)  # [B, N, S, D]
    return rows.from_heads(context, tf.shape(x))
