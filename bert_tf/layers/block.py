"""One block of the encoder: attention, feed-forward, each with a residual."""

from typing import Any

import tf_keras

from bert_tf import config as config_lib
from bert_tf.layers import (
  activations,
  attention,
  building,
  compiled,
  dropout,
  normalization,
  token_rows,
)


class SublayerOutput(tf_keras.layers.Layer):
  """The end of a sublayer: dense, dropout, residual, LayerNorm.

  Variables `dense/{kernel,bias}` and `LayerNorm/{gamma,beta}`.
  """

  def __init__(
    self, config: config_lib.BertConfig, input_size: int, **kwargs: Any
  ):
    super().__init__(**kwargs)
    self.config = config
    self.input_size = input_size
    self.dense = building.dense(
      config.hidden_size,
      config.initializer_range,
      name="dense",
      dtype=self.dtype_policy,
    )
    self.layer_norm = normalization.LayerNorm(name="LayerNorm")

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    building.build_under("dense", self.dense, [None, self.input_size])
    building.build_under(
      "LayerNorm", self.layer_norm, [None, self.config.hidden_size]
    )
    self.built = True

  def call(self, x: Any, residual: Any, training: bool = False) -> Any:
    """Takes [T, I] and the sublayer's input [T, H]; gives [T, H]."""
    x = self.dense(x)  # [T, H]
    rate = self.config.hidden_dropout_prob
    if compiled.is_wanted(training):
      norm = self.layer_norm
      return compiled.add_and_normalize(
        x, residual, norm.gamma, norm.beta, rate, normalization.EPSILON
      )
    x = dropout.dropout(x, rate, training)
    return self.layer_norm(x + residual, training=training)


class Block(tf_keras.layers.Layer):
  """Attention and feed-forward. Source: modeling.py, `transformer_model`.

  Variables under `attention/self`, `attention/output`, `intermediate/dense`
  and `output`.
  """

  def __init__(self, config: config_lib.BertConfig, **kwargs: Any):
    super().__init__(**kwargs)
    self.config = config
    policy = self.dtype_policy
    self.attention = attention.SelfAttention(config, name="self", dtype=policy)
    self.attention_output = SublayerOutput(
      config, config.hidden_size, name="output", dtype=policy
    )
    self.intermediate = building.dense(
      config.intermediate_size,
      config.initializer_range,
      activation=activations.get_activation(config.hidden_act),
      kind=building.WideDense,
      name="dense",
      dtype=policy,
    )
    self.block_output = SublayerOutput(
      config, config.intermediate_size, name="output", dtype=policy
    )

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    hidden = [None, self.config.hidden_size]
    building.build_under("attention/self", self.attention, hidden)
    building.build_under("attention/output", self.attention_output, hidden)
    building.build_under("intermediate/dense", self.intermediate, hidden)
    building.build_under("output", self.block_output, hidden)
    self.built = True

  def call(
    self,
    x: Any,
    bias: Any,
    rows: token_rows.TokenRows,
    training: bool = False,
  ) -> Any:
    """Maps [T, H] to [T, H]; arguments as of `SelfAttention`."""
    context = self.attention(x, bias, rows, training=training)
    x = self.attention_output(context, x, training=training)
    wide = self.intermediate(x)  # [T, I]
    return self.block_output(wide, x, training=training)
