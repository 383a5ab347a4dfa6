"""One block of the encoder: attention, feed-forward, each with a residual."""

from typing import Any

from bert_tf import bert_config, keras
from bert_tf.kernels import chosen_rows, modes, token_rows
from bert_tf.layers import (
  attention,
  configured_layer,
  layer_norm,
  named_variables,
)


@keras.serializable
class SublayerOutput(configured_layer.ConfiguredLayer):
  """The end of a sublayer: dense, dropout, residual, LayerNorm.

  Variables `dense/{kernel,bias}` and `LayerNorm/{gamma,beta}`.
  """

  def __init__(
    self, config: bert_config.BertConfig, input_size: int, **kwargs: Any
  ):
    super().__init__(config, **kwargs)
    self.input_size = input_size
    self.dense = named_variables.Dense(
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

  def call(
    self, x: Any, residual: Any, kernels: modes.Kernels = modes.INFERENCE
  ) -> Any:
    """Takes [T, I] and the sublayer's input [T, H]; gives [T, H]."""
    return kernels.add_norm(
      self.dense(x, kernels),
      residual,
      self.layer_norm.gamma,
      self.layer_norm.beta,
      self.config.hidden_dropout_prob,
    )

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    return {**super().get_config(), "input_size": self.input_size}


@keras.serializable
class Block(configured_layer.ConfiguredLayer):
  """Attention and feed-forward. Source: modeling.py, `transformer_model`.

  Variables under `attention/self`, `attention/output`, `intermediate/dense`
  and `output`.
  """

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(config, **kwargs)
    policy = self.dtype_policy
    self.attention = attention.SelfAttention(config, name="self", dtype=policy)
    self.attention_output = SublayerOutput(
      config, config.hidden_size, name="output", dtype=policy
    )
    self.intermediate = named_variables.Dense(
      config.intermediate_size,
      config.initializer_range,
      config.hidden_act,
      name="dense",
      dtype=policy,
    )
    self.block_output = SublayerOutput(
      config, config.intermediate_size, name="output", dtype=policy
    )

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    hidden = [None, self.config.hidden_size]
    for scope, layer in (
      ("attention/self", self.attention),
      ("attention/output", self.attention_output),
      ("intermediate/dense", self.intermediate),
      ("output", self.block_output),
    ):
      named_variables.build_under(scope, layer, hidden)
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
    """Maps [T, H] to [T, H]; arguments and pairs as of `SelfAttention`."""
    context = self.attention(x, bias, rows, kernels, output_attentions, chosen)
    if output_attentions:
      context, probabilities = context
    if chosen is not None:
      x = chosen.take(x)  # [B*P, H]
    x = self.attention_output(context, x, kernels)
    wide = self.intermediate(x, kernels)  # [T, I]
    x = self.block_output(wide, x, kernels)
    return (x, probabilities) if output_attentions else x
