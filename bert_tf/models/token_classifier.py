"""BertTokenClassifier: a label for every token."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import heads
from bert_tf.models import model_with_heads


@keras.serializable
class BertTokenClassifier(model_with_heads.OutputsModel):
  """Every token's vector through one layer. Source: section 5.3 of the paper.

  Variables `bert/...`, `output_weights` [C, H] and `output_bias` [C]; they
  are those of `BertClassifier`. Arguments as of it.
  """

  task = "tagging"

  def __init__(
    self,
    config: bert_config.BertConfig,
    outputs: int,
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    name: str = "token_classifier",
  ):
    super().__init__(config, name, use_one_hot_embeddings, dtype)
    self.outputs = outputs
    # Unused here: neither to be decayed nor given optimizer slots.
    self.bert.pooler.trainable = False
    self.head = heads.LinearHead(
      config, outputs, name="head", dtype=self.dtype_policy
    )
    self.build(None)

  def call(
    self,
    inputs: Mapping[str, Any],
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> Any:
    """Scores tokens.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [B, S].
      training: Whether dropout is applied.
      mode: As of `BertModel`.

    Returns:
      Logits, float32 [B, S, C].
    """
    kernels = modes.select(mode, training, self.compute_dtype)
    output = self.bert(inputs, training=training, mode=kernels)
    sequence = kernels.dropout(
      output.sequence_output, self.config.hidden_dropout_prob
    )
    shape = tf.shape(sequence)  # [B, S, H]
    flat = tf.reshape(sequence, [-1, self.config.hidden_size])  # [B*S, H]
    return tf.reshape(self.head(flat), [shape[0], shape[1], self.outputs])
