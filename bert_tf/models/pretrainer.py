"""BertPretrainer: the encoder with both heads of pre-training."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import heads
from bert_tf.models import model_with_heads


class PretrainingOutput(NamedTuple):
  """Logits of both heads, float32.

  Attributes:
    masked_lm_logits: [B*P, V].
    next_sentence_logits: [B, 2]; class 1 is "random". () without that head.
  """

  masked_lm_logits: Any
  next_sentence_logits: Any


@keras.serializable
class BertPretrainer(model_with_heads.HeadedModel):
  """Masked language model and next sentence. Source: run_pretraining.py.

  Variables `bert/...`, `cls/predictions/...` and `cls/seq_relationship/...`.

  Args:
    config: Sizes and settings.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
    has_next_sentence: Whether there is the second head; many checkpoints of
      others have only the first one, and no pooler.
    name: Of the model.
  """

  needs_heads = True
  task = "pretraining"

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    has_next_sentence: bool = True,
    name: str = "pretrainer",
  ):
    super().__init__(config, name, use_one_hot_embeddings, dtype)
    policy = self.dtype_policy
    self.bert.pooler.trainable = has_next_sentence
    self.masked_lm = heads.MaskedLmHead(
      config, name="predictions", dtype=policy
    )
    self.next_sentence = None
    if has_next_sentence:
      self.next_sentence = heads.LinearHead(
        config, outputs=2, name="seq_relationship", dtype=policy
      )
    self.build(None)

  def inputs_taken(self) -> tuple[str, ...]:
    """See `ConfiguredModel`."""
    return (*super().inputs_taken(), "masked_lm_positions")

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    more = {"has_next_sentence": self.next_sentence is not None}
    return {**super().get_config(), **more}

  def heads(self) -> Mapping[str, Any]:
    """Both heads, or the first."""
    found = {"cls/predictions": self.masked_lm}
    if self.next_sentence:
      found["cls/seq_relationship"] = self.next_sentence
    return found

  def call(
    self,
    inputs: Mapping[str, Any],
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> PretrainingOutput:
    """Scores the masked words and the sentence pairs.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids` int32 [B, S] and
        `masked_lm_positions` int32 [B, P].
      training: Whether dropout is applied.
      mode: As of `BertModel`.
    """
    kernels = modes.select(mode, training, self.compute_dtype)
    output = self.bert(
      inputs,
      training=training,
      mode=kernels,
      positions=inputs["masked_lm_positions"],
    )
    vectors = output.sequence_output  # [B, P, H]
    vectors = tf.reshape(vectors, [-1, vectors.shape[-1]])  # [B*P, H]
    table = tf.convert_to_tensor(self.bert.embeddings.word_embeddings)
    follows: Any = ()
    if self.next_sentence:
      follows = self.next_sentence(output.pooled_output)
    return PretrainingOutput(self.masked_lm(vectors, table, kernels), follows)
