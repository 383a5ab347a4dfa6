"""Morphological analysers as they are run before everything else.

Each only puts spaces into a text: the tools keep words that are parted by
spaces apart. The packages are not among the requirements; `pip install` the
one that is wanted.
"""

import functools
from collections.abc import Callable, Sequence

Split = Callable[[str], list[int]]


def none(text: str) -> list[int]:
  """Cuts nowhere."""
  del text
  return []


def korean(text: str) -> list[int]:
  """Cuts between morphemes, with kiwipiepy; contracted ones stay together."""
  cuts, end = [], 0
  for token in _kiwi().tokenize(text):
    if token.start >= end:
      cuts.append(token.start)
    end = max(end, token.start + token.len)
  return cuts


def japanese(text: str) -> list[int]:
  """Cuts between words of UniDic, with fugashi and unidic-lite."""
  return _starts(text, [word.surface for word in _tagger()(text)])


def thai(text: str) -> list[int]:
  """Cuts between words, with pythainlp's newmm."""
  import pythainlp

  return _starts(text, pythainlp.word_tokenize(text, keep_whitespace=False))


def korean_nouns(text: str) -> list[tuple[int, int]]:
  """Start and end of nouns, those that touch as one."""
  spans: list[tuple[int, int]] = []
  for token in _kiwi().tokenize(text):
    if token.tag in ("NNG", "NNP", "SN"):
      start, end = token.start, token.start + token.len
      if spans and spans[-1][1] == start:
        start = spans.pop()[0]
      spans.append((start, end))
  return spans


NOUNS = {"korean": korean_nouns}


@functools.cache
def _kiwi():
  import kiwipiepy

  return kiwipiepy.Kiwi()


@functools.cache
def _tagger():
  import fugashi

  return fugashi.Tagger()


def _starts(text: str, words: Sequence[str]) -> list[int]:
  """Where words that stand in a text one after the other begin."""
  starts, end = [], 0
  for word in words:
    starts.append(text.index(word, end))
    end = starts[-1] + len(word)
  return starts


SPLITTERS: dict[str, Split] = {
  "none": none,
  "korean": korean,
  "japanese": japanese,
  "thai": thai,
}


class SplitText:
  """A text with spaces put in.

  Attributes:
    text: The new text.
  """

  def __init__(self, text: str, split: Split):
    self._before = [0] * (len(text) + 1)  # spaces put in before a character
    cuts = {
      cut
      for cut in split(text)
      if 0 < cut < len(text) and not text[cut - 1 : cut + 1].count(" ")
    }
    parts, count = [], 0
    for place, char in enumerate(text):
      if place in cuts:
        parts.append(" ")
        count += 1
      self._before[place] = count
      parts.append(char)
    self.text = "".join(parts)

  def place(self, first: int, end: int) -> tuple[int, int]:
    """Where a part of the old text that is not empty stands in the new one."""
    return first + self._before[first], end + self._before[end - 1]
