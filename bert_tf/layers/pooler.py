"""The pooler: the first token's vector through a dense layer and tanh."""

from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.layers import named_variables


class Pooler(keras.layers.Layer):
  """A sequence to one vector. Variables `dense/{kernel,bias}`."""

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(**kwargs)
    self.config = config
    self.dense = named_variables.dense(
      config.hidden_size,
      config.initializer_range,
      activation=tf.tanh,
      name="dense",
      dtype=self.dtype_policy,
    )

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    named_variables.build_under(
      "dense", self.dense, [None, self.config.hidden_size]
    )
    self.built = True

  def call(self, sequence: Any) -> Any:
    """Maps [B, S, H] to [B, H]."""
    return self.dense(sequence[:, 0])
