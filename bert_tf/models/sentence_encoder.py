"""BertSentenceEncoder: one vector a text, to be compared with others."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import pooling_names, token_pooling
from bert_tf.models import encoder_inputs, model_with_heads


@keras.serializable
class BertSentenceEncoder(model_with_heads.HeadedModel):
  """The vectors of a text's tokens, pooled. Variables `bert/...` alone.

  Source: Reimers and Gurevych, arXiv 1908.10084 (Sentence-BERT).

  Args:
    config: Sizes and settings.
    pooling: One of `POOLINGS`, "none" and "mean_max" apart.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
    name: Of the model.
  """

  task = "sentence_pairs"

  def __init__(
    self,
    config: bert_config.BertConfig,
    pooling: str = "mean",
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    name: str = "sentence_encoder",
  ):
    super().__init__(config, name, use_one_hot_embeddings, dtype)
    if pooling not in pooling_names.ONE_VECTOR:
      raise ValueError(
        f"pooling={pooling!r} is not known; it is one of "
        f"{', '.join(pooling_names.ONE_VECTOR)}"
      )
    self.pooling = pooling
    # Unused here: neither to be decayed nor given optimizer slots.
    self.bert.pooler.trainable = False
    self.build(None)

  def heads(self) -> Mapping[str, Any]:
    """None."""
    return {}

  def call(
    self,
    inputs: Mapping[str, Any],
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> Any:
    """Encodes texts.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [..., S].
      training: Whether dropout is applied.
      mode: As of `BertModel`.

    Returns:
      Vectors, float32 [..., H].
    """
    kernels = modes.select(mode, training, self.compute_dtype)
    found = encoder_inputs.of(inputs)
    shape = tf.shape(found.input_ids)
    texts, length = shape[:-1], shape[-1]
    given = {
      name: tf.reshape(value, [-1, length])  # [N, S]
      for name, value in found._asdict().items()
      if value is not None
    }
    output = self.bert(given, training=training, mode=kernels)
    sequence = tf.cast(output.sequence_output, tf.float32)  # [N, S, H]
    mask = given.get("input_mask", tf.ones_like(given["input_ids"]))
    pooled = token_pooling.pool(sequence[:, :, None], mask, self.pooling)
    return tf.reshape(pooled, tf.concat([texts, [-1]], 0))

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    return {**super().get_config(), "pooling": self.pooling}
