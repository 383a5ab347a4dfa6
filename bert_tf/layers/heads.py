"""The two heads of pre-training: masked words and next sentence."""

from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import configured_layer, layer_norm, named_variables


@keras.serializable
class MaskedLmHead(configured_layer.ConfiguredLayer):
  """Scores of all words at the masked positions, on the tied word embeddings.

  Variables `transform/dense/{kernel,bias}`, `transform/LayerNorm/{gamma,beta}`
  and `output_bias` [V]. Source: run_pretraining.py, `get_masked_lm_output`.
  """

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(config, **kwargs)
    self.dense = named_variables.Dense(
      config.hidden_size,
      config.initializer_range,
      config.hidden_act,
      name="dense",
      dtype=self.dtype_policy,
    )
    self.layer_norm = layer_norm.LayerNorm(name="LayerNorm")

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    hidden = [None, self.config.hidden_size]
    named_variables.build_under("transform/dense", self.dense, hidden)
    named_variables.build_under("transform/LayerNorm", self.layer_norm, hidden)
    self.output_bias = self.add_weight(
      "output_bias", [self.config.vocab_size], initializer="zeros"
    )
    self.built = True

  def call(
    self,
    vectors: Any,
    word_embeddings: Any,
    kernels: modes.Kernels = modes.INFERENCE,
  ) -> Any:
    """Scores words.

    Args:
      vectors: [B*P, H], the encoder's at the masked positions.
      word_embeddings: [V, H].
      kernels: How it is computed.

    Returns:
      Logits, float32 [B*P, V].
    """
    x = self.dense(vectors, kernels)
    x = self.layer_norm(x, kernels)
    table = tf.cast(word_embeddings, x.dtype)
    logits = tf.matmul(x, table, transpose_b=True)  # [B*P, V]
    return tf.cast(tf.nn.bias_add(logits, self.output_bias), tf.float32)

  def known_output_shape(self) -> tuple[Any, ...]:
    """See `ConfiguredLayer`; None for all positions."""
    return None, self.config.vocab_size


@keras.serializable
class LinearHead(configured_layer.ConfiguredLayer):
  """Scores of `outputs` classes: the original's `output_weights` [C, H].

  Variables `output_weights` [C, H] (not transposed) and `output_bias` [C].
  Source: run_pretraining.py, `get_next_sentence_output`.
  """

  def __init__(
    self, config: bert_config.BertConfig, outputs: int, **kwargs: Any
  ):
    super().__init__(config, **kwargs)
    self.outputs = outputs

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    self.output_weights = self.add_weight(
      "output_weights",
      [self.outputs, self.config.hidden_size],
      initializer=named_variables.initializer(self.config.initializer_range),
    )
    self.output_bias = self.add_weight(
      "output_bias", [self.outputs], initializer="zeros"
    )
    self.built = True

  def call(self, vectors: Any) -> Any:
    """Maps [..., H] to logits, float32 [..., C]."""
    logits = tf.matmul(vectors, self.output_weights, transpose_b=True)
    return tf.cast(tf.nn.bias_add(logits, self.output_bias), tf.float32)

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    return {**super().get_config(), "outputs": self.outputs}

  def known_output_shape(self) -> tuple[Any, ...]:
    """See `ConfiguredLayer`; None for all vectors."""
    return None, self.outputs
