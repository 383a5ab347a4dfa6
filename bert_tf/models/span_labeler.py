"""BertSpanLabeler: where an answer starts and ends."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras

from bert_tf import config as config_lib
from bert_tf.checkpoints import google
from bert_tf.layers import building, heads
from bert_tf.models import encoder


class SpanLogits(NamedTuple):
  """Scores of each token, float32 [B, S] each.

  Attributes:
    start: That the answer starts at it.
    end: That the answer ends at it, itself included.
  """

  start: Any
  end: Any


class BertSpanLabeler(tf_keras.Model):
  """Every token's vector through one layer. Source: run_squad.py.

  Variables `bert/...`, `cls/squad/output_weights` [2, H] and
  `cls/squad/output_bias` [2]. Arguments as of `BertModel`.
  """

  built: bool

  def __init__(
    self,
    config: config_lib.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = "float32",
  ):
    super().__init__(name="span_labeler", dtype=dtype)
    self.config = config
    policy = self.dtype_policy
    self.bert = encoder.BertModel(config, use_one_hot_embeddings, policy)
    # Unused here: in the original it has no gradient, so that it is neither
    # decayed nor given optimizer slots.
    self.bert.pooler.trainable = False
    self.head = heads.LinearHead(config, 2, name="squad", dtype=policy)
    self.build(None)

  def build(self, input_shape: Any) -> None:
    """Makes the variables of the head."""
    if self.built:
      return
    hidden = [None, self.config.hidden_size]
    building.build_under("cls/squad", self.head, hidden)
    self.built = True

  @classmethod
  def from_checkpoint(
    cls, path: str | os.PathLike[str], **kwargs: Any
  ) -> "BertSpanLabeler":
    """Loads a Google checkpoint, fine-tuned or pre-trained.

    A pre-trained one has no head: it is new then, and to be trained.

    Args:
      path: As of `BertModel.from_checkpoint`.
      **kwargs: Further arguments of the class; `config` where no
        bert_config.json is beside the checkpoint.

    Raises:
      FileNotFoundError: No checkpoint or no configuration there.
      ValueError: A variable of the encoder is missing, or one is of another
        shape.
    """
    prefix = google.find_checkpoint(path)
    config = kwargs.pop("config", None) or google.find_config(prefix)
    model = cls(config, **kwargs)
    google.load(model.bert.variables, prefix, require_all=True)
    google.load(model.variables, prefix)
    return model

  def call(
    self, inputs: Mapping[str, Any], training: bool = False
  ) -> SpanLogits:
    """Scores tokens; inputs as of `BertClassifier`."""
    sequence = self.bert(inputs, training=training).sequence_output
    shape = tf.shape(sequence)  # [B, S, H]
    flat = tf.reshape(sequence, [-1, self.config.hidden_size])  # [B*S, H]
    logits = tf.reshape(self.head(flat), [shape[0], shape[1], 2])
    return SpanLogits(logits[:, :, 0], logits[:, :, 1])

  def compute_metrics(
    self, x: Any, y: Any, y_pred: Any, sample_weight: Any
  ) -> dict[str, Any]:
    """For `fit`: labels are a plain pair, and Keras wants predictions alike."""
    return super().compute_metrics(x, y, tuple(y_pred), sample_weight)
