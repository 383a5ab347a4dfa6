"""BertMultipleChoice: which of several second texts goes with a text."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import heads
from bert_tf.models import encoder_inputs, model_with_heads

# The logit of a choice that is not there: its share of a softmax is 0.
OUT_OF_REACH = -1e9


@keras.serializable
class BertMultipleChoice(model_with_heads.HeadedModel):
  """A score for each choice: its pooled vector times one vector.

  Source: section 4.4 of the paper. Variables `bert/...`, `output_weights`
  [1, H] and `output_bias` [1]. Arguments as of `BertModel`.
  """

  task = "multiple_choice"

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    name: str = "multiple_choice",
  ):
    super().__init__(config, name, use_one_hot_embeddings, dtype)
    self.head = heads.LinearHead(
      config, 1, name="head", dtype=self.dtype_policy
    )
    self.build(None)

  def heads(self) -> Mapping[str, Any]:
    """The one head."""
    return {"": self.head}

  def declare_inputs(self) -> None:
    """See `ConfiguredModel`; here they have an axis of choices."""
    self._set_save_spec(
      {
        name: tf.TensorSpec([None, None, None], tf.int32, name)
        for name in self.inputs_taken()
      }
    )

  def call(
    self,
    inputs: Mapping[str, Any],
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> Any:
    """Scores choices.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [B, C, S]: text
        and choice, a sequence each. A choice without a token, whose input mask
        is all 0, is not there. Or [B, S], of which each is a choice.
      training: Whether dropout is applied.
      mode: As of `BertModel`.

    Returns:
      Logits, float32 [B, C], to be compared by a softmax; `OUT_OF_REACH` where
      a choice is not there. Or [B].
    """
    kernels = modes.select(mode, training, self.compute_dtype)
    found = encoder_inputs.of(inputs)
    shape = tf.shape(found.input_ids)
    choices, length = shape[:-1], shape[-1]  # [B, C] and S
    given = {
      name: tf.reshape(value, [-1, length])  # [B*C, S]
      for name, value in found._asdict().items()
      if value is not None
    }
    output = self.bert(
      given,
      training=training,
      mode=kernels,
      positions=encoder_inputs.no_positions(given),
    )
    pooled = kernels.dropout(
      output.pooled_output, self.config.hidden_dropout_prob
    )
    logits = tf.reshape(self.head(pooled), choices)
    if found.input_mask is None:
      return logits
    is_there = tf.reduce_any(tf.cast(found.input_mask, tf.bool), axis=-1)
    return tf.where(is_there, logits, OUT_OF_REACH)
