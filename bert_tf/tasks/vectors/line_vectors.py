"""The vectors of one line."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bert_tf.tasks.vectors import examples


@dataclasses.dataclass(frozen=True)
class LineVectors:
  """The vectors of one line.

  Attributes:
    index: The line's, from 0.
    values: [T, L, H] of tokens, [words, L, H] of words, [L, H] if pooled.
    tokens: The tokens; empty for words and if pooled.
    words: The words, if these are wanted.
  """

  index: int
  values: npt.NDArray[np.float32]
  tokens: Sequence[str] = ()
  words: Sequence[examples.Word] = ()


def average_words(
  values: npt.NDArray[np.float32], words: Sequence[examples.Word]
) -> npt.NDArray[np.float32]:
  """The mean of each word's pieces: [T, L, H] to [words, L, H]."""
  result = np.empty((len(words), *values.shape[1:]), np.float32)
  for index, word in enumerate(words):
    result[index] = values[word.first : word.last].mean(axis=0)
  return result
