"""The attention mask as a number added to the scores."""

from typing import Any

import tensorflow as tf

MASKED = -10000.0


def attention_bias(input_mask: Any) -> Any:
  """What is added to the attention scores: 0 for a token, -10000 for padding.

  Only keys are masked: what a padding position itself attends to is never
  looked at. Source: modeling.py, `attention_layer`.

  Args:
    input_mask: [B, T], any dtype; 1 for a token, 0 for padding.

  Returns:
    float32 [B, 1, 1, T], to be added to scores [B, N, F, T].
  """
  bias = (1.0 - tf.cast(input_mask, tf.float32)) * MASKED  # [B, T]
  return bias[:, tf.newaxis, tf.newaxis, :]  # [B, 1, 1, T]
