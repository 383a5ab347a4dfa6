"""Where word pieces stand in the text, by character.

The same places as `InGraphTokenizer.tokenize_with_offsets` gives, in Python.
"""

import unicodedata
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from bert_tf.text import (
  basic_tokenizer,
  tokenizer_rules,
  word_cache,
  word_spans,
  wordpiece_tokenizer,
)

_MARK = "Mn"  # nonspacing: what stripping accents drops


class TwoHalves(Protocol):
  """A tokenizer in two halves; `FullTokenizer` is one."""

  basic_tokenizer: basic_tokenizer.BasicTokenizer
  wordpiece_tokenizer: wordpiece_tokenizer.WordpieceTokenizer
  rules: tokenizer_rules.TokenizerRules


class PieceSpan(NamedTuple):
  """A piece and its place: `text[start:end]`.

  A piece that holds a part of a character, as of a Hangul syllable in letters,
  has the whole character; so has its neighbour. [UNK] has its whole word.

  Attributes:
    piece: As in the vocabulary.
    start: Its first character in the text.
    end: One past its last character; marks that are dropped after it are not
      counted (see `past_marks`).
  """

  piece: str
  start: int
  end: int


def find(text: str, tokenizer: TwoHalves) -> list[PieceSpan]:
  """The pieces of `tokenizer.tokenize(text)` with their places, in order."""
  found = []
  cut = tokenizer.wordpiece_tokenizer
  for word, places in word_spans.letters(text, tokenizer.basic_tokenizer):
    pieces = cut.word_pieces(word)
    if pieces == [cut.unk_token]:
      found.append(PieceSpan(pieces[0], places[0], places[-1] + 1))
      continue
    first = 0
    for piece in pieces:
      joined = len(wordpiece_tokenizer.CONTINUATION) if first else 0
      end = first + len(piece) - joined
      found.append(PieceSpan(piece, places[first], places[end - 1] + 1))
      first = end
  return found


class PlaceFinder:
  """Finds the places of the pieces of many words; remembers each word.

  Args:
    tokenizer: Text to pieces.
  """

  def __init__(self, tokenizer: TwoHalves):
    self.rules = tokenizer.rules
    self._of_word = word_cache.WordCache(
      lambda word: [(x.start, x.end) for x in find(word, tokenizer)]
    )

  def __call__(
    self, words: list[str], starts: list[int]
  ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The places of all pieces of a text.

    Args:
      words: The text, split at white space.
      starts: Where each of them starts in the text.

    Returns:
      Start and end of each piece, int64 [T] each.
    """
    places = [
      (start + first, start + end)
      for word, start in zip(words, starts, strict=True)
      for first, end in self._of_word[word]
    ]
    both = np.array(places, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def is_dropped_mark(char: str, rules: tokenizer_rules.TokenizerRules) -> bool:
  """Whether a character is a mark that is stripped with the accents."""
  return bool(rules.strip_accents) and unicodedata.category(char) == _MARK


def past_marks(
  text: str, end: int, rules: tokenizer_rules.TokenizerRules
) -> int:
  """The end of a part of a text with the marks that belong to its last letter.

  Vowel signs of Hindi, Thai or Arabic are dropped with the accents and so
  belong to no piece; an answer ends after them nevertheless.
  """
  while end < len(text) and is_dropped_mark(text[end], rules):
    end += 1
  return end
