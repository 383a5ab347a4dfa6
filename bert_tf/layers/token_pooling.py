"""Vectors of tokens to one vector."""

from typing import Any

import tensorflow as tf

from bert_tf.layers import pooling_names

POOLINGS = pooling_names.POOLINGS


def pool(layers: Any, input_mask: Any, pooling: str) -> Any:
  """One vector a line: over its tokens, [CLS] and [SEP] too, not padding.

  Args:
    layers: [B, S, L, H].
    input_mask: int32 [B, S].
    pooling: One of `POOLINGS`; "none" leaves all tokens.

  Returns:
    [B, L, H], or [B, L, 2H] for "mean_max".
  """
  if pooling == "none":
    return layers
  if pooling == "cls":
    return layers[:, 0]
  real = tf.cast(input_mask, tf.bool)[:, :, None, None]  # [B, S, 1, 1]
  pooled = []
  if pooling in ("mean", "mean_max"):
    count = tf.reduce_sum(tf.cast(real, layers.dtype), axis=1)  # [B, 1, 1]
    total = tf.reduce_sum(tf.where(real, layers, 0.0), axis=1)
    pooled.append(total / count)
  if pooling in ("max", "mean_max"):
    pooled.append(
      tf.reduce_max(tf.where(real, layers, layers.dtype.min), axis=1)
    )
  return tf.concat(pooled, axis=-1)
