"""Which of several choices goes with a text."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf.export import text_modules


class MultipleChoice(text_modules.Served):
  """Selects one of the choices of each text."""

  text_inputs = ("text", "choices")
  axes: Mapping[str, int] = {"choices": 1} | dict.fromkeys(
    text_modules.Served.id_inputs, 1
  )

  def from_ids(self, features: Mapping[str, Any]) -> text_modules.Tensors:
    """Selects choices.

    Args:
      features: int32 [B, C, S] each; as of `BertMultipleChoice`.

    Returns:
      `index` of the most probable choice, int32 [B]; `probabilities` and
      `logits`, float32 [B, C].
    """
    logits = self.apply(features)
    return {
      "index": tf.argmax(logits, axis=-1, output_type=tf.int32),
      "probabilities": tf.nn.softmax(logits),
      "logits": logits,
    }

  def from_text(self, text: Any, text_pair: Any = None) -> text_modules.Tensors:
    """Selects choices.

    Args:
      text: String [B].
      text_pair: The choices, string [B, C], "" where a text has fewer.

    Returns:
      As of `from_ids`, and `choice`, string [B], the text of the selected one.
    """
    shape = tf.shape(text_pair)  # [B, C]
    repeated = tf.repeat(text, shape[1])  # [B*C]
    flat = self.encode(repeated, tf.reshape(text_pair, [-1]))  # [B*C, S]
    features = {
      name: tf.reshape(value, tf.concat([shape, [-1]], 0))  # [B, C, S]
      for name, value in flat.items()
    }
    is_there = tf.cast(text_pair != "", tf.int32)[:, :, None]
    features["input_mask"] *= is_there
    found = self.from_ids(features)
    choice = tf.gather(text_pair, found["index"], batch_dims=1)
    return found | {"choice": choice}
