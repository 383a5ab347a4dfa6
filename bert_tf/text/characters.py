"""Kinds of characters, as the original's tokenizer sees them.

The four questions are asked of one character at a time and answered from
Python's own Unicode tables. Source: `tokenization.py` of the original.
"""

import unicodedata

# CJK Unified Ideographs, extensions A to E, and the compatibility ideographs.
# Hangul, Hiragana and Katakana are left out on purpose: they are written with
# spaces or handled as ordinary words.
CHINESE_BLOCKS = (
  (0x4E00, 0x9FFF),
  (0x3400, 0x4DBF),
  (0x20000, 0x2A6DF),
  (0x2A700, 0x2B73F),
  (0x2B740, 0x2B81F),
  (0x2B820, 0x2CEAF),
  (0xF900, 0xFAFF),
  (0x2F800, 0x2FA1F),
)

# What Hugging Face's `tokenizers` leaves out of them: its extension E begins at
# U+2B920 instead of U+2B820.
_UNSPLIT_THERE = (0x2B820, 0x2B91F)

# Every printable ASCII character that is neither letter, digit nor space.
# Unicode calls "$", "+", "^" and others symbols; here they are punctuation.
ASCII_PUNCTUATION_RANGES = ((33, 47), (58, 64), (91, 96), (123, 126))

# Controls by category, white space in practice.
_CONTROLS_THAT_ARE_SPACE = "\t\n\r"


def is_whitespace(char: str) -> bool:
  """Whether `char` turns into a space: tab, line ends, category Zs."""
  return char in _CONTROLS_THAT_ARE_SPACE or unicodedata.category(char) == "Zs"


def is_control(char: str) -> bool:
  """Whether `char` is dropped: categories Cc and Cf without tab, line ends."""
  if char in _CONTROLS_THAT_ARE_SPACE:
    return False
  return unicodedata.category(char) in ("Cc", "Cf")


def is_private(char: str) -> bool:
  """Whether `char` is for private use, category Co."""
  return unicodedata.category(char) == "Co"


def is_punctuation(char: str) -> bool:
  """Whether `char` is a token of its own: ASCII signs, categories P*."""
  code = ord(char)
  if any(first <= code <= last for first, last in ASCII_PUNCTUATION_RANGES):
    return True
  return unicodedata.category(char).startswith("P")


def is_chinese(code: int) -> bool:
  """Whether the code point lies in one of the CJK ideograph blocks."""
  return any(first <= code <= last for first, last in CHINESE_BLOCKS)


def is_unsplit_there(code: int) -> bool:
  """Whether `tokenizers` does not know the code point as an ideograph."""
  return _UNSPLIT_THERE[0] <= code <= _UNSPLIT_THERE[1]
