"""The compiled half of `line_encoder`: bytes of lines to ids of pieces.

Words are what ASCII spaces part. Each is looked up in a table of those seen
before. New words of ASCII characters are taken apart here, others in Python.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.native import jit

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

# Kinds of ASCII characters.
LETTER, SPACE, DROPPED, BLANK, PUNCTUATION = range(5)

_NEWLINE, _HASH_SIGN = b"\n#"
_FIRST_HASH = np.uint64(14695981039346656037)  # FNV-1a of no bytes.
_HASH_FACTOR = np.uint64(1099511628211)


class Table(NamedTuple):
  """Byte strings and their numbers: 0 for the first one added, then 1, ...

  Attributes:
    slots: one more than a string's number, or 0, from its hash on. int32
    keys: all strings, one after the other. uint8
    ends: 0, then where each string ends in `keys`. int64
    used: how many strings there are. int64 [1]
  """

  slots: Int32s
  keys: Bytes
  ends: Int64s
  used: Int64s


class Vocabulary(NamedTuple):
  """Pieces, and what else determines a word's ids.

  Attributes:
    starts: all pieces.
    start_ids: their ids. int32
    others: pieces that go on with a word, without "##".
    other_ids: their ids. int32
    longest: the most bytes that a piece has.
    longest_word: longer ones are unknown.
    unknown: the id of "[UNK]".
    kinds: of each ASCII character. uint8 [128]
    lower: what each ASCII character becomes. uint8 [128]
    part: room for a word. uint8 [longest_word + 1]
    hashes: room for those of a word's beginnings. uint64 [longest]
  """

  starts: Table
  start_ids: Int32s
  others: Table
  other_ids: Int32s
  longest: int
  longest_word: int
  unknown: int
  kinds: Bytes
  lower: Bytes
  part: Bytes
  hashes: npt.NDArray[np.uint64]


class Words(NamedTuple):
  """Words seen before.

  Attributes:
    table: the words.
    ids: of their pieces, one word after the other. int32
    begins: where each word's ids start. int64
    counts: how many each word has. int64
    is_blank: which are white space to `str.strip`. bool
    used: how many ids there are. int64 [1]
  """

  table: Table
  ids: Int32s
  begins: Int64s
  counts: Int64s
  is_blank: npt.NDArray[np.bool_]
  used: Int64s


@jit.compiled
def add_pieces(
  data: Bytes, ids: Int32s, starts: Table, others: Table, other_ids: Int32s
) -> int:
  """Adds all pieces of a vocabulary to tables.

  Args:
    data: UTF-8, each piece with a newline behind it.
    ids: of each.
    starts: gets all of them.
    others: gets those that start with "##", without that.
    other_ids: filled with their ids.

  Returns:
    The most bytes that one has.
  """
  begin, longest = 0, 0
  for index in range(len(ids)):
    end = begin
    while data[end] != _NEWLINE:
      end += 1
    longest = max(longest, end - begin)
    _add_new(starts, data, begin, end)
    if (
      end - begin > 2
      and data[begin] == _HASH_SIGN
      and data[begin + 1] == _HASH_SIGN
    ):
      other_ids[others.used[0]] = ids[index]
      _add_new(others, data, begin + 2, end)
    begin = end + 1
  return longest


@jit.compiled
def _add_new(table: Table, data: Bytes, begin: int, end: int) -> None:
  """Adds a string that is not in the table."""
  hashed: Any = _FIRST_HASH
  for i in range(begin, end):
    hashed = _hash(hashed, data[i])
  _add(table, _find(table, data, begin, end, hashed), data, begin, end)


@jit.inlined
def _hash(hashed: Any, byte: int) -> Any:
  """Returns the hash of some bytes and one more."""
  return (hashed ^ np.uint64(byte)) * _HASH_FACTOR


@jit.merged
def _find(table: Table, data: Bytes, begin: int, end: int, hashed: Any) -> Any:
  """Returns the slot of `data[begin:end]`, or an empty one if it is new."""
  last = np.uint64(len(table.slots) - 1)  # Of a power of two.
  slot = (hashed ^ (hashed >> np.uint64(32))) & last
  while table.slots[slot]:
    number = table.slots[slot] - 1
    at = table.ends[number]
    if table.ends[number + 1] - at == end - begin:
      i = 0
      while i < end - begin and table.keys[at + i] == data[begin + i]:
        i += 1
      if i == end - begin:
        break
    slot = (slot + np.uint64(1)) & last
  return slot


@jit.merged
def _add(table: Table, slot: int, data: Bytes, begin: int, end: int) -> int:
  """Adds a string, whose empty slot is given; returns its number."""
  number = table.used[0]
  at = table.ends[number]
  for i in range(end - begin):
    table.keys[at + i] = data[begin + i]
  table.ends[number + 1] = at + end - begin
  table.slots[slot] = number + 1
  table.used[0] += 1
  return number


@jit.compiled
def find_words(
  data: Bytes,
  vocabulary: Vocabulary,
  words: Words,
  numbers: Int32s,
  line_ends: Int64s,
  pending: Int32s,
) -> tuple[int, int, int]:
  """Numbers the words of lines; the last line has no newline.

  Args:
    data: UTF-8.
    vocabulary: the pieces.
    words: gets those that are new.
    numbers: filled with the number of each word.
    line_ends: filled with how many words there are up to each line's end.
    pending: filled with the numbers of new words with ids still to be found.

  Returns:
    How many words, lines, and words that are pending.
  """
  found, lines, left = 0, 0, 0
  at, size = 0, len(data)
  while at <= size:
    begin = at
    hashed: Any = _FIRST_HASH
    is_ascii = True
    while at < size:
      byte = data[at]
      if byte >= 128:
        is_ascii = False
      elif vocabulary.kinds[byte] == SPACE:
        break
      hashed = _hash(hashed, byte)
      at += 1
    if at > begin:
      slot = _find(words.table, data, begin, at, hashed)
      number = words.table.slots[slot] - 1
      if number < 0:
        number = _add(words.table, slot, data, begin, at)
        if is_ascii:
          _take_apart(data, begin, at, number, vocabulary, words)
        else:
          pending[left] = number
          left += 1
      numbers[found] = number
      found += 1
    if at == size or data[at] == _NEWLINE:
      line_ends[lines] = found
      lines += 1
    at += 1
  return found, lines, left


@jit.merged
def _take_apart(
  data: Bytes,
  begin: int,
  end: int,
  number: int,
  vocabulary: Vocabulary,
  words: Words,
) -> None:
  """Finds the ids of a new word of ASCII characters."""
  size = 0
  words.begins[number] = words.used[0]
  words.is_blank[number] = True
  for i in range(begin, end):
    kind = vocabulary.kinds[data[i]]
    if kind != BLANK:
      words.is_blank[number] = False
    if kind == PUNCTUATION:
      _add_pieces(size, vocabulary, words)
      vocabulary.part[0] = data[i]
      _add_pieces(1, vocabulary, words)
      size = 0
    elif kind == LETTER and size <= vocabulary.longest_word:
      vocabulary.part[size] = vocabulary.lower[data[i]]
      size += 1
  _add_pieces(size, vocabulary, words)
  words.counts[number] = words.used[0] - words.begins[number]


@jit.merged
def _add_pieces(size: int, vocabulary: Vocabulary, words: Words) -> None:
  """Adds the ids of the word in `vocabulary.part`: longest pieces first."""
  before = words.used[0]
  begin = 0
  while begin < size:
    last = min(size, begin + vocabulary.longest)
    if size > vocabulary.longest_word:
      found, end = -1, size
    elif begin:
      found, end = _longest(begin, last, vocabulary.others, vocabulary)
      found = vocabulary.other_ids[found] if found >= 0 else -1
    else:
      found, end = _longest(begin, last, vocabulary.starts, vocabulary)
      found = vocabulary.start_ids[found] if found >= 0 else -1
    if found < 0:  # The word is unknown, whatever was found of it.
      words.used[0] = before
      found, end = vocabulary.unknown, size
    words.ids[words.used[0]] = found
    words.used[0] += 1
    begin = end


@jit.merged
def _longest(
  begin: int, last: int, table: Table, vocabulary: Vocabulary
) -> tuple[Any, int]:
  """Returns the longest piece in `part[begin:last]` and its end; -1 if none."""
  part, hashes = vocabulary.part, vocabulary.hashes
  hashed: Any = _FIRST_HASH
  for i in range(begin, last):
    hashed = _hash(hashed, part[i])
    hashes[i - begin] = hashed
  found, end = np.int32(-1), last
  while end > begin:
    slot = _find(table, part, begin, end, hashes[end - begin - 1])
    if table.slots[slot]:
      found = table.slots[slot] - np.int32(1)
      break
    end -= 1
  return found, end


@jit.allocating
def join(
  numbers: Int32s,
  line_ends: Int64s,
  words: Words,
  counts: Int64s,
  is_empty: npt.NDArray[np.bool_],
) -> Int32s:
  """Returns the ids of words of lines.

  Args:
    numbers: of all words.
    line_ends: how many words there are up to the end of each line.
    words: has their ids.
    counts: filled with how many ids each line has.
    is_empty: filled with whether a line is nothing but white space.
  """
  total = 0
  for number in numbers:
    total += words.counts[number]
  ids = np.empty(total, np.int32)
  at, word = 0, 0
  for line in range(len(line_ends)):
    begin = at
    is_empty[line] = True
    while word < line_ends[line]:
      number = numbers[word]
      is_empty[line] &= words.is_blank[number]
      first = words.begins[number]
      for i in range(words.counts[number]):
        ids[at + i] = words.ids[first + i]
      at += words.counts[number]
      word += 1
    counts[line] = at - begin
  return ids
