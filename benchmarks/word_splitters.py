"""Morphological analyzers as they are run before everything else.

Each only puts spaces into a text: the tools keep words that are parted by
spaces apart. The packages are not among the requirements; `pip install` the
one that is wanted.
"""

import functools
import re
from collections.abc import Callable, Iterable, Sequence

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


def arabic(text: str) -> list[int]:
  """Cuts off particles, the article and pronouns, with qalsadi."""
  cuts = []
  for word in re.finditer(r"[\u0621-\u0652]+", text):
    cuts += [word.start() + cut for cut in _cuts_of_arabic(word.group())]
  return cuts


def hindi(text: str) -> list[int]:
  """Cuts off endings, with the Hindi stemmer of snowballstemmer."""
  cuts = []
  for word in re.finditer(r"[\u0900-\u0963\u0970-\u097f]+", text):
    stem = _hindi_stemmer().stemWord(word.group())
    if len(stem) > 1 and word.group().startswith(stem):
      cuts.append(word.start() + len(stem))
  return cuts


def korean_nouns(text: str) -> list[tuple[int, int]]:
  """Start and end of nouns, those that touch as one."""
  return _joined(
    (token.start, token.start + token.len)
    for token in _kiwi().tokenize(text)
    if token.tag in ("NNG", "NNP", "SN")
  )


def japanese_nouns(text: str) -> list[tuple[int, int]]:
  """The same of Japanese, with numbers and what is set before or behind."""
  words = list(_tagger()(text))
  starts = _starts(text, [word.surface for word in words])
  return _joined(
    (start, start + len(word.surface))
    for start, word in zip(starts, words, strict=True)
    if word.feature.pos1 in ("名詞", "接頭辞")
    or (word.feature.pos1, word.feature.pos2) == ("接尾辞", "名詞的")
  )


def _joined(nouns: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
  spans: list[tuple[int, int]] = []
  for start, end in nouns:
    if spans and spans[-1][1] == start:
      start = spans.pop()[0]
    spans.append((start, end))
  return spans


NOUNS = {"korean": korean_nouns, "japanese": japanese_nouns}


@functools.cache
def _cuts_of_arabic(word: str) -> list[int]:
  """By the analysis of the most frequent stem, if its parts are as written."""
  found = _qalsadi().check_word(word)
  if not found:
    return []
  affix = max(found, key=lambda x: x.freq).affix
  before, behind = (_VOWEL_SIGNS.sub("", affix[x]) for x in (0, 3))
  cuts = []
  if word.startswith(before):
    cuts += [x.end() for x in re.finditer("ال|.", before)]
  if behind and word.endswith(behind):
    cuts.append(len(word) - len(behind))
  return cuts


_VOWEL_SIGNS = re.compile(r"[\u064b-\u0652]")


@functools.cache
def _qalsadi():
  import qalsadi.analex

  return qalsadi.analex.Analex()


@functools.cache
def _hindi_stemmer():
  import snowballstemmer

  return snowballstemmer.stemmer("hindi")


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
  "arabic": arabic,
  "hindi": hindi,
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
