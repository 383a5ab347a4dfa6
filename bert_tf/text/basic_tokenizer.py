"""Text to words: cleaning, ideographs, lower case, accents, punctuation.

The original walks over each string character by character, four times. Here
the same rules are two tables for `str.translate`, filled one character at a
time as characters turn up. Both tables put spaces around what stands alone,
and the text is split once, at the end. That is exact: no step looks beyond a
space (lower-casing a final sigma and decomposing both stop there), so taking
the whole text at once and taking its words one by one give the same.
"""

import functools
import unicodedata
from collections.abc import Callable

from bert_tf.text import characters, tokenizer_rules


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


def clean(char: str, rules: tokenizer_rules.TokenizerRules) -> str:
  """What a character of the raw text becomes."""
  if char in "\0\ufffd" or characters.is_control(char):
    return ""
  if characters.is_whitespace(char):
    return " "
  if not rules.has_original_words and characters.is_private(char):
    return ""
  return f" {char} " if is_split(char, rules) else char


def is_split(char: str, rules: tokenizer_rules.TokenizerRules) -> bool:
  """Whether a character is an ideograph that is a word of its own."""
  code = ord(char)
  if not rules.split_cjk or not characters.is_chinese(code):
    return False
  return rules.has_original_words or not characters.is_unsplit_there(code)


def finish(char: str, rules: tokenizer_rules.TokenizerRules) -> str:
  """What a character of the clean, perhaps decomposed text becomes."""
  if rules.strip_accents and unicodedata.category(char) == "Mn":
    return ""
  if rules.lower_case and not rules.has_final_sigma:
    return "".join(map(_set_punctuation_apart, char.lower()))
  return _set_punctuation_apart(char)


def _set_punctuation_apart(char: str) -> str:
  return f" {char} " if characters.is_punctuation(char) else char


def between(text: str, rules: tokenizer_rules.TokenizerRules) -> str:
  """What becomes of clean text that is not a matter of single characters."""
  if rules.has_final_sigma:
    text = text.lower()
  return unicodedata.normalize("NFD", text) if rules.strip_accents else text


def becomes(char: str, rules: tokenizer_rules.TokenizerRules) -> str:
  """What all steps make of a character that stands alone."""
  text = between(clean(char, rules), rules)
  return "".join(finish(one, rules) for one in text)


class _CharacterTable(dict[int, str]):
  """A table for `str.translate` that asks `rule` once for each character."""

  def __init__(self, rule: Callable[[str], str]):
    super().__init__()
    self._rule = rule

  def __missing__(self, code: int) -> str:
    self[code] = self._rule(chr(code))
    return self[code]


@functools.cache
def _tables(
  rules: tokenizer_rules.TokenizerRules,
) -> tuple[_CharacterTable, _CharacterTable, _CharacterTable]:
  """The tables of `clean`, `finish` and `becomes`.

  Shared by all tokenizers of these rules: they hold facts about characters,
  nothing else, and grow to one entry for each different character seen.
  """
  cleaned, finished, becoming = (
    _CharacterTable(functools.partial(rule, rules=rules))
    for rule in (clean, finish, becomes)
  )
  return cleaned, finished, becoming


class BasicTokenizer:
  """Splits text into words and punctuation.

  Attributes:
    rules: how text becomes words.
  """

  def __init__(
    self,
    do_lower_case: bool = True,
    rules: tokenizer_rules.TokenizerRules | None = None,
  ):
    """Takes `rules`; without them those that the original has for the case."""
    self.rules = rules or tokenizer_rules.TokenizerRules.from_lower_case(
      do_lower_case
    )
    self._has_final_sigma = self.rules.has_final_sigma
    self._strips_accents = self.rules.strip_accents
    self._cleaned, self._finished, self._becoming = _tables(self.rules)

  @property
  def do_lower_case(self) -> bool:
    """Whether text is lower-cased."""
    return self.rules.lower_case

  def tokenize(self, text: str | bytes) -> list[str]:
    """Returns the words and punctuation signs of `text`, in order."""
    text = to_unicode(text).translate(self._cleaned)
    # `between`, without the call: this is the innermost loop of many texts.
    if self._has_final_sigma:
      text = text.lower()
    if self._strips_accents:
      text = unicodedata.normalize("NFD", text)
    return text.translate(self._finished).split()

  def becomes(self, char: str) -> str:
    """Returns what a character becomes: its words have spaces around them."""
    return self._becoming[ord(char)]
