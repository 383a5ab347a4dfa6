"""One block of the encoder: attention, feed-forward, each with a residual."""

from typing import Any

from bert_tf import bert_config, keras
from bert_tf.kernels import seeded_dropout, token_rows, xla_groups
from bert_tf.layers import activations, attention, layer_norm, named_variables


class SublayerOutput(keras.layers.Layer):
  """The end of a sublayer: dense, dropout, residual, LayerNorm.

  Variables `dense/{kernel,bias}` and `LayerNorm/{gamma,beta}`.
  """

  def __init__(
    self, config: bert_config.BertConfig, input_size: int, **kwargs: Any
  ):
    super().__init__(**kwargs)
    self.config = config
    self.input_size = input_size
    self.dense = named_variables.dense(
      config.hidden_size,
      config.initializer_range,
      name="dense",
      dtype=self.dtype_policy,
    )
    self.layer_norm = layer_norm.LayerNorm(name="LayerNorm")

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    named_variables.build_under("dense", self.dense, [None, self.input_size])
    named_variables.build_under(
      "LayerNorm", self.layer_norm, [None, self.config.hidden_size]
    )
    self.built = True

  def call(self, x: Any, residual: Any, training: bool = False) -> Any:
    """Takes [T, I] and the sublayer's input [T, H]; gives [T, H]."""
    x = self.dense(x)  # [T, H]
    rate = self.config.hidden_dropout_prob
    if xla_groups.is_wanted(training):
      norm = self.layer_norm
      return xla_groups.add_and_normalize(
        x, residual, norm.gamma, norm.beta, rate, layer_norm.EPSILON
      )
    x = seeded_dropout.dropout(x, rate, training)
    return self.layer_norm(x + residual, training=training)


class Block(keras.layers.Layer):
  """Attention and feed-forward. Source: modeling.py, `transformer_model`.

  Variables under `attention/self`, `attention/output`, `intermediate/dense`
  and `output`.
  """

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(**kwargs)
    self.config = config
    policy = self.dtype_policy
    self.attention = attention.SelfAttention(config, name="self", dtype=policy)
    self.attention_output = SublayerOutput(
      config, config.hidden_size, name="output", dtype=policy
    )
    self.intermediate = named_variables.dense(
      config.intermediate_size,
      config.initializer_range,
      activation=activations.get_activation(config.hidden_act),
      kind=named_variables.WideDense,
      name="dense",
      dtype=policy,
    )
    self.block_output = SublayerOutput(
      config, config.intermediate_size, name="output", dtype=policy
    )

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    hidden = [None, self.config.hidden_size]
    named_variables.build_under("attention/self", self.attention, hidden)
    named_variables.build_under(
      "attention/output", self.attention_output, hidden
    )
    named_variables.build_under("intermediate/dense", self.intermediate, hidden)
    named_variables.build_under("output", self.block_output, hidden)
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
