"""BertClassifier: one label, several labels, or a number for a text."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.inputs import encoded_texts, length_batches, model_inputs
from bert_tf.kernels import seeded_dropout, token_rows
from bert_tf.layers import heads
from bert_tf.models import model_with_heads

_DROPOUT = 0.1  # the original's, whatever the configuration says


class BertClassifier(model_with_heads.OutputsModel):
  """The pooled vector through one layer. Source: run_classifier.py.

  Variables `bert/...`, `output_weights` [C, H] and `output_bias` [C].

  Args:
    config: Sizes and settings.
    outputs: C: classes, labels, or 1 for regression.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
  """

  def __init__(
    self,
    config: bert_config.BertConfig,
    outputs: int,
    use_one_hot_embeddings: bool = False,
    dtype: Any = "float32",
  ):
    super().__init__(config, "classifier", use_one_hot_embeddings, dtype)
    self.head = heads.LinearHead(
      config, outputs, name="head", dtype=self.dtype_policy
    )
    self.build(None)

  def call(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
    """Scores texts.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [B, S].
      training: Whether dropout is applied.

    Returns:
      Logits, float32 [B, C].
    """
    pooled = self.bert(inputs, training=training).pooled_output  # [B, H]
    return self.head(seeded_dropout.dropout(pooled, _DROPOUT, training))

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
    features = encoded_texts.encode(pairs, tokenizer, length)
    function = keras.activations.get(activation)

    def apply(batch: dict[str, Any]) -> dict[str, Any]:
      tensors = {name: tf.constant(ids) for name, ids in batch.items()}
      return {"answers": function(self._score(tensors))}

    return length_batches.map_by_length(apply, features, batch_size)["answers"]

  @tf.function(
    input_signature=[
      {
        name: tf.TensorSpec([None, None], tf.int32)
        for name in model_inputs.NAMES
      }
    ]
  )
  def _score(self, batch: Mapping[str, Any]) -> Any:
    """Logits of a batch, in a graph."""
    with token_rows.skipping_padding():
      return self(batch)
