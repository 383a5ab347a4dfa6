"""Multi-head self-attention."""

import math
from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import chosen_rows, modes, token_rows
from bert_tf.layers import configured_layer, named_variables


@keras.serializable
class SelfAttention(configured_layer.ConfiguredLayer):
  """Scaled dot-product attention of every token to every token.

  Variables `{query,key,value}/{kernel,bias}`, float32 [H, H] and [H].
  Source: Vaswani et al., arXiv 1706.03762, section 3.2; modeling.py,
  `attention_layer`.
  """

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(config, **kwargs)
    size, spread = config.hidden_size, config.initializer_range
    policy = self.dtype_policy
    self.query = named_variables.Dense(size, spread, name="query", dtype=policy)
    self.key = named_variables.Dense(size, spread, name="key", dtype=policy)
    self.value = named_variables.Dense(size, spread, name="value", dtype=policy)

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    hidden = [None, self.config.hidden_size]
    for layer in (self.query, self.key, self.value):
      named_variables.build_under(layer.name, layer, hidden)
    self.built = True

  def call(
    self,
    x: Any,
    bias: Any,
    rows: token_rows.TokenRows,
    kernels: modes.Kernels = modes.INFERENCE,
    output_attentions: bool = False,
    chosen: chosen_rows.ChosenRows | None = None,
  ) -> Any:
    """Attends.

    Args:
      x: [T, H].
      bias: Added to the scores, [B, 1, 1, S], see `attention_mask`.
      rows: What tokens the rows of `x` are.
      kernels: How it is computed.
      output_attentions: Whether to return the probabilities, too.
      chosen: The rows that attend, of T; None for all.

    Returns:
      [T, H]: the heads' outputs beside each other. With `output_attentions` a
      pair of them and the probabilities [B, N, S, S], after dropout. With
      `chosen` P takes the place of S in queries and B*P that of T in rows.
    """
    asking = x if chosen is None else chosen.take(x)  # [T, H]
    queries = rows if chosen is None else chosen
    query = queries.to_heads(self.query(asking, kernels))  # [B, N, S, D]
    key = rows.to_heads(self.key(x, kernels))
    value = rows.to_heads(self.value(x, kernels))
    scores = tf.matmul(query, key, transpose_b=True)  # [B, N, S, S]
    probabilities = kernels.softmax_dropout(
      scores,
      bias,
      scale=1.0 / math.sqrt(self.config.head_size),
      rate=self.config.attention_probs_dropout_prob,
    )
    context = tf.matmul(probabilities, value)  # [B, N, S, D]
    context = queries.from_heads(context, tf.shape(asking))  # [T, H]
    return (context, probabilities) if output_attentions else context
