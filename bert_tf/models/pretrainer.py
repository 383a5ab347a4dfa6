"""BertPretrainer: the encoder with both heads of pre-training."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras

from bert_tf import config as config_lib
from bert_tf.checkpoints import google
from bert_tf.layers import building, heads
from bert_tf.models import encoder


class PretrainingOutput(NamedTuple):
  """Logits of both heads, float32.

  Attributes:
    masked_lm_logits: [B*P, V].
    next_sentence_logits: [B, 2]; class 1 is "random".
  """

  masked_lm_logits: Any
  next_sentence_logits: Any


class BertPretrainer(tf_keras.Model):
  """Masked language model and next sentence. Source: run_pretraining.py.

  Variables `bert/...`, `cls/predictions/...` and `cls/seq_relationship/...`.
  Arguments as of `BertModel`.
  """

  built: bool

  def __init__(
    self,
    config: config_lib.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = "float32",
  ):
    super().__init__(name="pretrainer", dtype=dtype)
    self.config = config
    policy = self.dtype_policy
    self.bert = encoder.BertModel(config, use_one_hot_embeddings, policy)
    self.masked_lm = heads.MaskedLmHead(
      config, name="predictions", dtype=policy
    )
    self.next_sentence = heads.LinearHead(
      config, outputs=2, name="seq_relationship", dtype=policy
    )
    self.build(None)

  def build(self, input_shape: Any) -> None:
    """Makes the variables of the heads."""
    if self.built:
      return
    hidden = [None, self.config.hidden_size]
    building.build_under("cls/predictions", self.masked_lm, hidden)
    building.build_under("cls/seq_relationship", self.next_sentence, hidden)
    self.built = True

  @classmethod
  def from_checkpoint(
    cls, path: str | os.PathLike[str], **kwargs: Any
  ) -> "BertPretrainer":
    """Loads a Google checkpoint with the heads of pre-training.

    Args:
      path: As of `BertModel.from_checkpoint`.
      **kwargs: Further arguments of the class; `config` where no
        bert_config.json is beside the checkpoint.

    Raises:
      FileNotFoundError: No checkpoint or no configuration there.
      ValueError: A variable is missing or of another shape.
    """
    prefix = google.find_checkpoint(path)
    config = kwargs.pop("config", None) or google.find_config(prefix)
    model = cls(config, **kwargs)
    google.load(model.variables, prefix, require_all=True)
    return model

  def call(
    self, inputs: Mapping[str, Any], training: bool = False
  ) -> PretrainingOutput:
    """Scores the masked words and the sentence pairs.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids` int32 [B, S] and
        `masked_lm_positions` int32 [B, P].
      training: Whether dropout is applied.
    """
    output = self.bert(inputs, training=training)
    vectors = heads.gather_positions(
      output.sequence_output, inputs["masked_lm_positions"]
    )  # [B*P, H]
    table = tf.convert_to_tensor(self.bert.embeddings.word_embeddings)
    return PretrainingOutput(
      self.masked_lm(vectors, table),
      self.next_sentence(output.pooled_output),
    )

  def compute_metrics(
    self, x: Any, y: Any, y_pred: Any, sample_weight: Any
  ) -> dict[str, Any]:
    """For `fit`: labels are a plain pair, and Keras wants predictions alike."""
    return super().compute_metrics(x, y, tuple(y_pred), sample_weight)
