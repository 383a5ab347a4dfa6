"""What the rest of the library asks of a tokenizer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bert_tf.text import tokenizer_rules


class Tokenizer(Protocol):
  """Text to word pieces and ids; `FullTokenizer` is one.

  Attributes:
    vocab: The id of each piece.
    inv_vocab: The piece of each id.
    rules: How text becomes words.
  """

  @property
  def vocab(self) -> Mapping[str, int]:
    """The id of each piece."""

  @property
  def inv_vocab(self) -> Mapping[int, str]:
    """The piece of each id."""

  @property
  def rules(self) -> tokenizer_rules.TokenizerRules:
    """How text becomes words."""

  def tokenize(self, text: str | bytes) -> list[str]:
    """The word pieces of a text."""

  def encode(self, text: str | bytes) -> list[int]:
    """Their ids."""

  def encode_many(
    self, texts: Sequence[str]
  ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The ids of all texts, int32 [T], and where each ends, int64 [N + 1]."""

  def convert_tokens_to_ids(self, tokens: Iterable[str]) -> list[int]:
    """The id of each token; a KeyError where there is none."""

  def convert_ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
    """The token of each id; a KeyError where there is none."""
