"""What becomes of each character, as arrays that a graph can look up.

`BasicTokenizer` asks its questions character by character. Here they are asked
once of every code point there is, of the same functions, and the answers are
laid down by code point. No TensorFlow here.
"""

import dataclasses
import functools
import unicodedata
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.text import basic_tokenizer, characters, tokenizer_rules

SIZE = 0x110000  # code points, surrogates included

# What a character becomes. The order matters: those that leave something
# behind come last.
DROPPED = 0
DROPPED_STARTER = 1  # dropped, but marks are not sorted across it
SPACE = 2
LETTER = 3
ALONE = 4  # a word of its own: punctuation, an ideograph
SEVERAL = 5  # see `Tables.several_*`

# How a character counts for a capital sigma beside it (Unicode 3.13, final
# sigma): seen through, a cased letter, or anything else.
TRANSPARENT = 0
CASED = 1
UNCASED = 2

# A look-up is `code << CODE_SHIFT | sigma class << CLASS_SHIFT | kind`.
CLASS_SHIFT = 3
CODE_SHIFT = 5

CAPITAL_SIGMA = 0x03A3
FINAL_SIGMA = 0x03C2

_Ints = npt.NDArray[np.int32]
_BLOCK = 256


class Part(NamedTuple):
  """A character that another one becomes.

  Attributes:
    code: its code point.
    kind: `DROPPED_STARTER`, `SPACE`, `LETTER` or `ALONE`.
    order: its canonical combining class; 0 for what is no combining mark.
  """

  code: int
  kind: int
  order: int


@dataclasses.dataclass(frozen=True)
class Tables:
  """The look-ups of one kind of tokenizer.

  Attributes:
    packed: [SIZE], what each code point becomes. Where the kind is `SEVERAL`
      the code is a place in `several_start` instead.
    several_start: [N + 1], where the parts of the n-th such character begin.
    several_parts: [P], `code << CODE_SHIFT | kind` of each part.
    several_order: [P], the canonical combining class of each part.
  """

  packed: _Ints
  several_start: _Ints
  several_parts: _Ints
  several_order: _Ints


@functools.lru_cache(maxsize=2)
def tables(rules: tokenizer_rules.TokenizerRules) -> Tables:
  """Makes the tables: a second of work, the first time."""
  packed = np.arange(SIZE, dtype=np.int32) << CODE_SHIFT
  packed |= UNCASED << CLASS_SHIFT | LETTER
  start, parts_of_all = [0], list[Part]()
  for first in range(0, SIZE, _BLOCK):
    if _is_plain(first, rules):
      continue
    for code in range(first, first + _BLOCK):
      parts = _parts(chr(code), rules)
      if len(parts) == 1 and not parts[0].order:
        found, kind, _ = parts[0]
      elif parts:
        found, kind = len(start) - 1, SEVERAL
        parts_of_all += parts
        start.append(len(parts_of_all))
      else:
        found, kind = 0, DROPPED
      sigma_class = (
        _sigma_class(chr(code), rules) if rules.has_final_sigma else UNCASED
      )
      packed[code] = found << CODE_SHIFT | sigma_class << CLASS_SHIFT | kind
  return Tables(
    packed,
    np.array(start, np.int32),
    np.array([p.code << CODE_SHIFT | p.kind for p in parts_of_all], np.int32),
    np.array([p.order for p in parts_of_all], np.int32),
  )


def _is_plain(first: int, rules: tokenizer_rules.TokenizerRules) -> bool:
  """Whether a block holds nothing but letters that stay as they are.

  Unassigned and private code points and surrogates have no case and no
  decomposition, and no kind but the one that the ranges of ideographs give.
  Private ones may be dropped.
  """
  end = first + _BLOCK
  if any(
    low < end and high >= first for low, high in characters.CHINESE_BLOCKS
  ):
    return False
  kinds = set(map(unicodedata.category, map(chr, range(first, end))))
  return kinds <= {"Cn", "Cs", "Co" if rules.has_original_words else "Cn"}


def _parts(char: str, rules: tokenizer_rules.TokenizerRules) -> list[Part]:
  """What a character becomes by itself, without what leaves no trace.

  Sorting marks, and a sigma, need their neighbours: that is left to the graph.
  """
  cleaned = basic_tokenizer.clean(char, rules)
  parts = [
    part
    for one in basic_tokenizer.between(cleaned, rules)
    for part in _parts_of_one(one, rules)
  ]
  if [part.kind for part in parts] == [SPACE, LETTER, SPACE]:
    return [parts[1]._replace(kind=ALONE)]  # an ideograph
  kept = [part for part in parts if part.kind > DROPPED_STARTER]
  if len(kept) == 1 and not kept[0].order:
    return kept  # What is dropped would part marks no better than this does.
  return [part for part in parts if part.kind != DROPPED]


def _parts_of_one(
  char: str, rules: tokenizer_rules.TokenizerRules
) -> list[Part]:
  """A character, and what the last rule of `BasicTokenizer` leaves of it."""
  # Where text is not decomposed marks stay where they are.
  order = unicodedata.combining(char) if rules.strip_accents else 0
  left = basic_tokenizer.finish(char, rules)
  if not left:
    return [Part(ord(char), DROPPED if order else DROPPED_STARTER, order)]
  if left.isspace():
    return [Part(ord(char), SPACE, order)]
  if left == f" {left.strip()} ":
    return [Part(ord(left.strip()), ALONE, order)]
  return [Part(ord(one), LETTER, order) for one in left]


def _sigma_class(char: str, rules: tokenizer_rules.TokenizerRules) -> int:
  """How `str.lower` sees a character that stands before a capital sigma."""
  cleaned = basic_tokenizer.clean(char, rules)
  if not cleaned:
    return TRANSPARENT  # It is gone before letters are lowered.
  if _ends_in_final_sigma(cleaned + "Σ"):
    return CASED
  if _ends_in_final_sigma("A" + cleaned + "Σ"):
    return TRANSPARENT
  return UNCASED


def _ends_in_final_sigma(text: str) -> bool:
  return text.lower().endswith(chr(FINAL_SIGMA))
