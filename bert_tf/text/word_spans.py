"""Where the tokenizer's words stand in the text.

`BasicTokenizer` tells which words there are, not where they were: it drops
characters, changes them and puts some apart. Here the text is walked through
once more, character by character, to find the place of each word.
"""

import unicodedata
from typing import NamedTuple

from bert_tf.text import basic_tokenizer, characters


class WordSpan(NamedTuple):
  """A word and its place: `text[start:end]`.

  Attributes:
    word: As the tokenizer made it, in lower case perhaps.
    start: Its first character in the text.
    end: One past its last character.
  """

  word: str
  start: int
  end: int


def find(
  text: str, tokenizer: basic_tokenizer.BasicTokenizer
) -> list[WordSpan]:
  """The words of `tokenizer.tokenize(text)` with their places, in order."""
  spans: list[list[int]] = []
  goes_on = False  # whether the last word may take the next character
  for place, char in enumerate(text):
    for part in _parts(char, tokenizer.do_lower_case):
      if part == " ":
        goes_on = False
      elif part == "alone" or not goes_on:
        spans.append([place, place + 1])
        goes_on = part != "alone"
      else:
        spans[-1][1] = place + 1
  words = tokenizer.tokenize(text)
  return [
    WordSpan(word, start, end)
    for word, (start, end) in zip(words, spans, strict=True)
  ]


def _parts(char: str, do_lower_case: bool) -> list[str]:
  """What becomes of a character: a space, letters, or signs that stand alone.

  Whether it is a word of its own or a part of one depends on the character and
  nothing else.
  """
  if char in "\0\ufffd" or characters.is_control(char):
    return []
  if characters.is_whitespace(char):
    return [" "]
  decomposed = char
  if do_lower_case:
    decomposed = unicodedata.normalize("NFD", char.lower())
  parts = [
    _kind(one)
    for one in decomposed
    if not (do_lower_case and unicodedata.category(one) == "Mn")
  ]
  # An ideograph has spaces around it, even where decomposition changes it.
  return [" ", *parts, " "] if characters.is_chinese(ord(char)) else parts


def _kind(char: str) -> str:
  if char.isspace():  # line and paragraph separators too
    return " "
  return "alone" if characters.is_punctuation(char) else "letter"
