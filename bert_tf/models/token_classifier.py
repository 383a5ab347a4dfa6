"""BertTokenClassifier: a label for every token."""

import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tf_keras

from bert_tf import config as config_lib
from bert_tf.checkpoints import google
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

  @classmethod
  def from_checkpoint(
    cls,
    path: str | os.PathLike[str],
    outputs: int | None = None,
    **kwargs: Any,
  ) -> "BertTokenClassifier":
    """Loads a Google checkpoint, fine-tuned or pre-trained.

    A pre-trained one has no head: it is new then, and to be trained.

    Args:
      path: As of `BertModel.from_checkpoint`.
      outputs: C; None takes the fine-tuned checkpoint's.
      **kwargs: Further arguments of the class; `config` where no
        bert_config.json is beside the checkpoint.

    Raises:
      FileNotFoundError: No checkpoint or no configuration there.
      ValueError: A variable of the encoder is missing, one is of another
        shape, or `outputs` is missing for a pre-trained checkpoint.
    """
    prefix = google.find_checkpoint(path)
    config = kwargs.pop("config", None) or google.find_config(prefix)
    if outputs is None:
      shape = google.Reader(prefix).shapes.get("output_weights")
      if shape is None:
        raise ValueError(
          f"{prefix} has no variable output_weights, it is pre-trained only: "
          "say how many `outputs` the new head has"
        )
      outputs = shape[0]
    model = cls(config, outputs, **kwargs)
    google.load(model.bert.variables, prefix, require_all=True)
    google.load(model.variables, prefix)
    return model

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
