"""Text to words: cleaning, ideographs, lower case, accents, punctuation.

The original walks over each string character by character, four times. Here
the same rules are two tables for `str.translate`, filled one character at a
time as characters turn up. Both tables put spaces around what stands alone,
and the text is split once, at the end. That is exact: no step looks beyond a
space (lower-casing a final sigma and decomposing both stop there), so taking
the whole text at once and taking its words one by one give the same.
"""

import unicodedata
from collections.abc import Callable

from bert_tf.text import characters


def to_unicode(text: str | bytes) -> str:
  """Returns `text` as a string; bytes are UTF-8, broken ones are dropped.

  Raises:
    TypeError: `text` is neither.
  """
  if isinstance(text, str):
    return text
  if isinstance(text, bytes):
    return text.decode("utf-8", "ignore")
  raise TypeError(
    f"found text of type {type(text).__name__}, expected str or bytes: {text!r}"
  )


def whitespace_tokenize(text: str) -> list[str]:
  """Splits at runs of white space, as `str.split` understands it."""
  return text.split()


def clean(char: str) -> str:
  """What a character of the raw text becomes."""
  if char in "\0\ufffd" or characters.is_control(char):
    return ""
  if characters.is_whitespace(char):
    return " "
  return f" {char} " if characters.is_chinese(ord(char)) else char


def set_punctuation_apart(char: str) -> str:
  """What a character of the clean text becomes, in cased models."""
  return f" {char} " if characters.is_punctuation(char) else char


def strip_accent(char: str) -> str:
  """What a character of the decomposed text becomes."""
  if unicodedata.category(char) == "Mn":
    return ""
  return set_punctuation_apart(char)


class _CharacterTable(dict[int, str]):
  """A table for `str.translate` that asks `rule` once for each character."""

  def __init__(self, rule: Callable[[str], str]):
    super().__init__()
    self._rule = rule

  def __missing__(self, code: int) -> str:
    self[code] = self._rule(chr(code))
    return self[code]


# Shared by all tokenizers: they hold facts about characters, nothing else, and
# grow to one entry for each different character seen.
_CLEANED = _CharacterTable(clean)
_STRIPPED = _CharacterTable(strip_accent)
_SPLIT = _CharacterTable(set_punctuation_apart)


class BasicTokenizer:
  """Splits text into words and punctuation.

  Attributes:
    do_lower_case: lower-case the text and drop accents, as the uncased models
      want it.
  """

  def __init__(self, do_lower_case: bool = True):
    self.do_lower_case = do_lower_case

  def tokenize(self, text: str | bytes) -> list[str]:
    """Returns the words and punctuation signs of `text`, in order."""
    text = to_unicode(text).translate(_CLEANED)
    if self.do_lower_case:
      text = unicodedata.normalize("NFD", text.lower())
      return text.translate(_STRIPPED).split()
    return text.translate(_SPLIT).split()
