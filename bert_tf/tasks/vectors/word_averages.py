"""Vectors of tokens to vectors of words."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bert_tf.tasks.vectors import examples


def average_words(
  values: npt.NDArray[np.float32], words: Sequence[examples.Word]
) -> npt.NDArray[np.float32]:
  """The mean of each word's pieces: [T, L, H] to [words, L, H]."""
  result = np.empty((len(words), *values.shape[1:]), np.float32)
  for index, word in enumerate(words):
    result[index] = values[word.first : word.last].mean(axis=0)
  return result
