"""Which script a text is written in, as far as words are concerned."""

import collections
import itertools
from collections.abc import Iterable

from bert_tf.text import characters

HANGUL = "Hangul"
HAN = "Chinese"
KANA = "Japanese"
UNSPACED = "Thai, Lao, Khmer, Burmese or Tibetan"
OTHER = "other"

_BLOCKS = {
  HANGUL: (
    (0x1100, 0x11FF),
    (0x3130, 0x318F),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
  ),
  KANA: ((0x3041, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
  UNSPACED: ((0x0E01, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF)),
}
_ENOUGH = 200_000  # characters
_SHARE_OF_KANA = 0.1  # of Japanese; Chinese has none but in names


def script_of(texts: Iterable[str]) -> str:
  """The script of most letters; Japanese is Chinese with kana in it.

  Args:
    texts: The first 200,000 characters are looked at.
  """
  text = itertools.islice(itertools.chain.from_iterable(texts), _ENOUGH)
  counts: collections.Counter[str] = collections.Counter()
  for char, count in collections.Counter(text).items():
    counts[_of_letter(char)] += count
  del counts[""]
  east = counts[HAN] + counts[KANA]
  if 2 * east > counts.total():
    return KANA if counts[KANA] > _SHARE_OF_KANA * east else HAN
  for script in (HANGUL, UNSPACED):
    if 2 * counts[script] > counts.total():
      return script
  return OTHER


def _of_letter(char: str) -> str:
  """The script of a letter; nothing for what is none."""
  code = ord(char)
  for script, blocks in _BLOCKS.items():
    if any(first <= code <= last for first, last in blocks):
      return script
  if characters.is_chinese(code):
    return HAN
  return OTHER if char.isalpha() else ""
