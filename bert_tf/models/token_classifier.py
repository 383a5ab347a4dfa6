"""BertTokenClassifier: a label for every token."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tf_keras

from bert_tf import config as config_lib
from bert_tf.layers import dropout, heads
from bert_tf.models import encoder


class BertTokenClassifier(tf_keras.Model):
  """Every token's vector through one layer. Source: section 5.3 of the paper.

  Variables `bert/...`, `output_weights` [C, H] and `output_bias` [C]; they
  are those of `BertClassifier`. Arguments as of it.
  """

  built: bool

  def __init__(
    self,
    config: config_lib.BertConfig,
    outputs: int,
    use_one_hot_embeddings: bool = False,
    dtype: Any = "float32",
  ):
    super().__init__(name="token_classifier", dtype=dtype)
    self.config = config
    self.outputs = outputs
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
    """Scores tokens.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [B, S].
      training: Whether dropout is applied.

    Returns:
      Logits, float32 [B, S, C].
    """
    sequence = self.bert(inputs, training=training).sequence_output
    rate = self.config.hidden_dropout_prob
    sequence = dropout.dropout(sequence, rate, training)
    shape = tf.shape(sequence)  # [B, S, H]
    flat = tf.reshape(sequence, [-1, self.config.hidden_size])  # [B*S, H]
    return tf.reshape(self.head(flat), [shape[0], shape[1], self.outputs])
