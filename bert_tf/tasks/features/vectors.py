"""Vectors of tokens to vectors of words and of lines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bert_tf.tasks.features import encoding

POOLINGS = ("none", "mean", "max", "cls", "mean_max")


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


def average_words(
  values: npt.NDArray[np.float32], words: Sequence[encoding.Word]
) -> npt.NDArray[np.float32]:
  """The mean of each word's pieces: [T, L, H] to [words, L, H]."""
  result = np.empty((len(words), *values.shape[1:]), np.float32)
  for index, word in enumerate(words):
    result[index] = values[word.first : word.last].mean(axis=0)
  return result
