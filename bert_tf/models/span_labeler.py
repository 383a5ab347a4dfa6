"""BertSpanLabeler: where an answer starts and ends."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import heads
from bert_tf.models import model_with_heads


class SpanLogits(NamedTuple):
  """Scores of each token, float32 [B, S] each.

  Attributes:
    start: That the answer starts at it.
    end: That the answer ends at it, itself included.
  """

  start: Any
  end: Any


@keras.serializable
class BertSpanLabeler(model_with_heads.HeadedModel):
  """Every token's vector through one layer. Source: run_squad.py.

  Variables `bert/...`, `cls/squad/output_weights` [2, H] and
  `cls/squad/output_bias` [2]. Arguments as of `BertModel`.
  """

  task = "squad"

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    name: str = "span_labeler",
  ):
    super().__init__(config, name, use_one_hot_embeddings, dtype)
    # Unused here: in the original it has no gradient, so that it is neither
    # decayed nor given optimizer slots.
    self.bert.pooler.trainable = False
    self.head = heads.LinearHead(
      config, 2, name="squad", dtype=self.dtype_policy
    )
    self.build(None)

  def heads(self) -> Mapping[str, Any]:
    """The one head."""
    return {"cls/squad": self.head}

  def call(
    self,
    inputs: Mapping[str, Any],
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> SpanLogits:
    """Scores tokens; inputs as of `BertClassifier`."""
    output = self.bert(inputs, training=training, mode=mode)
    sequence = output.sequence_output
    shape = tf.shape(sequence)  # [B, S, H]
    flat = tf.reshape(sequence, [-1, self.config.hidden_size])  # [B*S, H]
    logits = tf.reshape(self.head(flat), [shape[0], shape[1], 2])
    return SpanLogits(logits[:, :, 0], logits[:, :, 1])
