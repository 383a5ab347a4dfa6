"""BertClassifier: one label, several labels, or a number for a text."""

from collections.abc import Mapping
from typing import Any

import tf_keras

from bert_tf import config as config_lib
from bert_tf.layers import dropout, heads
from bert_tf.models import encoder

_DROPOUT = 0.1  # the original's, whatever the configuration says


class BertClassifier(tf_keras.Model):
  """The pooled vector through one layer. Source: run_classifier.py.

  Variables `bert/...`, `output_weights` [C, H] and `output_bias` [C].

  Args:
    config: Sizes and settings.
    outputs: C: classes, labels, or 1 for regression.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
  """

  built: bool

  def __init__(
    self,
    config: config_lib.BertConfig,
    outputs: int,
    use_one_hot_embeddings: bool = False,
    dtype: Any = "float32",
  ):
    super().__init__(name="classifier", dtype=dtype)
    self.config = config
    policy = self.dtype_policy
    self.bert = encoder.BertModel(config, use_one_hot_embeddings, policy)
    self.head = heads.LinearHead(config, outputs, name="head", dtype=policy)
    self.build(None)

  def build(self, input_shape: Any) -> None:
    """Makes the variables of the head, at the root of the names."""
    if self.built:
      return
    self.head.build(None)
    self.built = True

  def call(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
    """Scores texts.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [B, S].
      training: Whether dropout is applied.

    Returns:
      Logits, float32 [B, C].
    """
    pooled = self.bert(inputs, training=training).pooled_output  # [B, H]
    return self.head(dropout.dropout(pooled, _DROPOUT, training))
