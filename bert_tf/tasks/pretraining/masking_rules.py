"""What is masked and what stands in its place, as numbers."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class MaskingRules(NamedTuple):
  """Which tokens can be masked, and by what.

  Attributes:
    whole_words: Whether all pieces of a word are masked or none.
    predictions: Tokens to predict, by the tokens of an instance, special ones
      included. int32 [max_seq_length + 1]
    continues: Which pieces go on with a word, by id. bool
    replacements: The ids that random tokens are drawn from. int32
    cls: The id of [CLS].
    sep: That of [SEP].
    mask: That of [MASK].
  """

  whole_words: bool
  predictions: npt.NDArray[np.int32]
  continues: npt.NDArray[np.bool_]
  replacements: npt.NDArray[np.int32]
  cls: int
  sep: int
  mask: int


def make(
  vocab: Mapping[str, int],
  whole_words: bool,
  masked_lm_prob: float,
  max_predictions_per_seq: int,
  max_seq_length: int,
) -> MaskingRules:
  """The rules of a vocabulary.

  Args:
    vocab: The id of each piece, in the order of the file.
    whole_words: As of `MaskingRules`.
    masked_lm_prob: Share of the tokens to predict.
    max_predictions_per_seq: The most of an instance.
    max_seq_length: The most tokens of an instance.
  """
  predictions = [
    min(max_predictions_per_seq, max(1, round(size * masked_lm_prob)))
    for size in range(max_seq_length + 1)
  ]
  continues = np.zeros(max(vocab.values()) + 1, np.bool_)
  for piece, index in vocab.items():
    continues[index] = piece.startswith("##")
  return MaskingRules(
    whole_words,
    np.array(predictions, np.int32),
    continues,
    np.array(list(vocab.values()), np.int32),
    vocab["[CLS]"],
    vocab["[SEP]"],
    vocab["[MASK]"],
  )
