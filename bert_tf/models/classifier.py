"""BertClassifier: one label, several labels, or a number for a text."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from bert_tf import config as config_lib
from bert_tf.checkpoints import google
from bert_tf.data import bucketing, sequences
from bert_tf.layers import dropout, heads
from bert_tf.models import encoder

_DROPOUT = 0.1  # the original's, whatever the configuration says
_HEAD = ("output_weights", "output_bias")


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

  @classmethod
  def from_checkpoint(
    cls,
    path: str | os.PathLike[str],
    outputs: int | None = None,
    **kwargs: Any,
  ) -> "BertClassifier":
    """Loads a Google checkpoint, pre-trained or fine-tuned.

    Args:
      path: A checkpoint prefix with bert_config.json beside it, or a folder.
      outputs: C. For a pre-trained checkpoint, whose head is then new; a
        fine-tuned one knows it.
      **kwargs: Further arguments of the class; `config` where no
        bert_config.json is there.

    Raises:
      FileNotFoundError: No checkpoint or no configuration there.
      ValueError: `outputs` is missing or another than the checkpoint's, or a
        variable of the encoder is missing or of another shape.
    """
    prefix = google.find_checkpoint(path)
    shape = google.Reader(prefix).shapes.get("output_weights")
    if outputs is None:
      if shape is None:
        raise ValueError(
          f"{prefix} has no classifier (no variable 'output_weights'): it is "
          "pre-trained only, so say how many `outputs` the new one has"
        )
      outputs = shape[0]
    config = kwargs.pop("config", None) or google.find_config(prefix)
    model = cls(config, outputs, **kwargs)
    report = google.load(model.variables, prefix)
    missing = set(report.missing) - set(_HEAD)
    if missing:
      raise ValueError(
        f"{prefix}: {len(missing)} variables of the model are not in the "
        f"checkpoint: {', '.join(sorted(missing))}"
      )
    return model

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

  def predict_text(
    self,
    texts: Iterable[str | tuple[str, str]],
    tokenizer: Any,
    activation: str = "softmax",
    max_seq_length: int = 128,
    batch_size: int = 32,
  ) -> npt.NDArray[np.float32]:
    """Applies the classifier to texts.

    Args:
      texts: Texts, or pairs of texts.
      tokenizer: A `FullTokenizer`.
      activation: Of the logits: "softmax" for one label, "sigmoid" for
        several, "linear" for logits and for regression.
      max_seq_length: The most tokens; longer texts are cut.
      batch_size: Texts at once; those of about equal length go together.

    Returns:
      Probabilities or numbers, float32 [N, C], in input order.

    Raises:
      TypeError: `texts` is one string.
    """
    if isinstance(texts, str):
      raise TypeError("texts is one string; give a list of them")
    pairs = [(text, None) if isinstance(text, str) else text for text in texts]
    if not pairs:
      return np.zeros([0, self.head.outputs], np.float32)
    length = min(max_seq_length, self.config.max_position_embeddings)
    features = sequences.encode(pairs, tokenizer, length)
    function = tf_keras.activations.get(activation)

    def apply(batch: dict[str, Any]) -> dict[str, Any]:
      tensors = {name: tf.constant(ids) for name, ids in batch.items()}
      return {"answers": function(self(tensors))}

    return bucketing.map_by_length(apply, features, batch_size)["answers"]
