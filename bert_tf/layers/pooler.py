"""The pooler: the first token's vector through a dense layer and tanh."""

from typing import Any

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import configured_layer, named_variables


@keras.serializable
class Pooler(configured_layer.ConfiguredLayer):
  """A sequence to one vector. Variables `dense/{kernel,bias}`."""

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(config, **kwargs)
    self.dense = named_variables.Dense(
      config.hidden_size,
      config.initializer_range,
      "tanh",
      name="dense",
      dtype=self.dtype_policy,
    )

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    hidden = [None, self.config.hidden_size]
    named_variables.build_under("dense", self.dense, hidden)
    self.built = True

  def call(
    self, sequence: Any, kernels: modes.Kernels = modes.INFERENCE
  ) -> Any:
    """Maps [B, S, H] to [B, H]."""
    return self.dense(sequence[:, 0], kernels)

  def known_output_shape(self) -> tuple[Any, ...]:
    """See `ConfiguredLayer`."""
    return None, self.config.hidden_size
