"""Lines of UTF-8 to ids of pieces, many lines at a time.

The ids are those of `FullTokenizer.encode`. No step of tokenization looks
across a space, so a word's ids depend on nothing but the word: each different
word is worked out once, by compiled code if it is ASCII, else in Python.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.native import line_kernel
from bert_tf.text import (
  characters,
  tokenizer_rules,
  vocabulary_file,
  wordpiece_tokenizer,
)

# More than there are words of one or two bytes; others take four, space and
# all, so that this bounds the different words of a text.
_SHORT_WORDS = 1 << 15


class Lines(NamedTuple):
  """Encoded lines.

  Attributes:
    ids: of all lines, one after the other. int32 [T]
    counts: how many each line has. int64 [L]
    is_empty: which are nothing but white space, as `str.strip` sees it: a line
      of control characters alone has no ids but is not empty. bool [L]
  """

  ids: npt.NDArray[np.int32]
  counts: npt.NDArray[np.int64]
  is_empty: npt.NDArray[np.bool_]


class LineEncoder:
  """Encodes lines and remembers their words."""

  def __init__(
    self,
    vocabulary: Mapping[str, int],
    rules: tokenizer_rules.TokenizerRules,
    encode_word: Callable[[str], list[int]],
    max_words: int = 1 << 18,
    max_bytes: int = 1 << 22,
    short_words: int = _SHORT_WORDS,
    texts_per_block: int = 1 << 12,
  ):
    """Takes over a tokenizer's vocabulary.

    Args:
      vocabulary: the id of each piece.
      rules: the tokenizer's.
      encode_word: gives the ids of a word that is not ASCII.
      max_words: how many words the table has room for. Rare words are forgotten
        with all others when it is full.
      max_bytes: how many bytes, and how many ids, of words it has room for.
      short_words: no text has more different words of one or two bytes.
      texts_per_block: texts that are encoded at once; few enough to be a few
        megabytes.
    """
    self._pieces = vocabulary
    self._encode_word = encode_word
    self._max_words = max_words
    self._max_bytes = max_bytes
    self._short_words = short_words
    self._texts_per_block = texts_per_block
    self._vocabulary = _vocabulary(vocabulary, rules)
    self._words = _no_words(max_words, max_bytes)
    self._lock = threading.Lock()

  @property
  def largest_id(self) -> int:
    """The largest id of a piece."""
    return max(self._pieces.values(), default=0)

  def encode(self, data: bytes) -> Lines:
    r"""Encodes lines.

    Args:
      data: UTF-8 with "\n" between lines, at most a few megabytes; "\r" is
        white space in it.

    Raises:
      UnknownTokenError: "[UNK]" is needed and the vocabulary does not have it.
    """
    # Several steps use the table, and another thread may empty it.
    with self._lock:
      lines = self._encode(data)
    if self._vocabulary.unknown < 0 and np.any(lines.ids < 0):
      vocabulary_file.look_up(
        self._pieces, [wordpiece_tokenizer.UNKNOWN], "token"
      )
    return lines

  def encode_texts(
    self, texts: Sequence[str]
  ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Encodes texts: see `FullTokenizer.encode_many`."""
    ids, counts = [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    for first in range(0, len(texts), self._texts_per_block):
      block = texts[first : first + self._texts_per_block]
      # A newline within a text is white space to the tokenizer.
      joined = "\n".join([text.replace("\n", " ") for text in block])
      # Halves of surrogate pairs come out of JSON.
      lines = self.encode(joined.encode("utf-8", "surrogatepass"))
      ids.append(lines.ids)
      counts.append(lines.counts)
    return np.concatenate(ids), np.cumsum(np.concatenate(counts))

  def _encode(self, data: bytes) -> Lines:
    """See `encode`; ids of unknown words may be -1."""
    self._make_room(len(data))
    numbers = np.empty(len(data) // 2 + 1, np.int32)
    line_ends = np.empty(data.count(b"\n") + 1, np.int64)
    pending = np.empty(len(numbers), np.int32)
    found, _, left = line_kernel.find_words(
      np.frombuffer(data, np.uint8),
      self._vocabulary,
      self._words,
      numbers,
      line_ends,
      pending,
    )
    self._encode_in_python(pending[:left].tolist())
    counts = np.empty(len(line_ends), np.int64)
    is_empty = np.empty(len(line_ends), np.bool_)
    ids = line_kernel.join(
      numbers[:found], line_ends, self._words, counts, is_empty
    )
    return Lines(ids, counts, is_empty)

  def _make_room(self, size: int) -> None:
    """Makes sure that all words of so many bytes fit into the table."""
    words = size // 4 + self._short_words
    table, ids = self._words.table, int(self._words.used[0])
    count = int(table.used[0])
    if (
      count + words >= len(table.ends)
      or int(table.ends[count]) + size > len(table.keys)
      or ids + size > len(self._words.ids)
    ):
      self._words = _no_words(
        max(self._max_words, words), max(self._max_bytes, size)
      )

  def _encode_in_python(self, numbers: list[int]) -> None:
    """Finds the ids of words that are not ASCII."""
    words, table = self._words, self._words.table
    ids: list[int] = []
    first = int(words.used[0])
    for number in numbers:
      begin, end = table.ends[number : number + 2]
      word = table.keys[begin:end].tobytes().decode("utf-8", "surrogatepass")
      found = self._encode_word(word)
      words.begins[number] = first + len(ids)
      words.counts[number] = len(found)
      words.is_blank[number] = not word.strip()
      ids += found
    last = first + len(ids)
    if last > len(words.ids):  # More pieces than bytes: hardly ever.
      more = np.empty(2 * last, np.int32)
      more[:first] = words.ids[:first]
      self._words = words = words._replace(ids=more)
    words.ids[first:last] = ids
    words.used[0] = last


def _vocabulary(
  pieces: Mapping[str, int], rules: tokenizer_rules.TokenizerRules
) -> line_kernel.Vocabulary:
  data = "\n".join([*pieces, ""]).encode("utf-8", "surrogatepass")
  ids = np.fromiter(pieces.values(), np.int32, len(pieces))
  starts = _empty_table(len(pieces), len(data))
  others = _empty_table(len(pieces), len(data))
  other_ids = np.empty(len(pieces), np.int32)
  longest = line_kernel.add_pieces(
    np.frombuffer(data, np.uint8), ids, starts, others, other_ids
  )
  chars = [chr(code) for code in range(128)]
  lower = [c.lower() if rules.lower_case else c for c in chars]
  return line_kernel.Vocabulary(
    starts=starts,
    start_ids=ids,
    others=others,
    other_ids=other_ids,
    longest=longest,
    longest_word=rules.max_input_chars_per_word,
    unknown=pieces.get(wordpiece_tokenizer.UNKNOWN, -1),
    kinds=np.array([_kind(char) for char in chars], np.uint8),
    lower=np.array([ord(char) for char in lower], np.uint8),
    part=np.zeros(rules.max_input_chars_per_word + 1, np.uint8),
    hashes=np.zeros(longest, np.uint64),
  )


def _kind(char: str) -> int:
  """The kind of an ASCII character, as `BasicTokenizer` treats it."""
  if char == "\0" or characters.is_control(char):
    return line_kernel.BLANK if char.isspace() else line_kernel.DROPPED
  if characters.is_whitespace(char):
    return line_kernel.SPACE
  if characters.is_punctuation(char):
    return line_kernel.PUNCTUATION
  return line_kernel.LETTER


def _empty_table(count: int, size: int) -> line_kernel.Table:
  """Returns a table with room for so many strings and bytes."""
  return line_kernel.Table(
    # At most half full: it is quick to find that a string is not there.
    slots=np.zeros(1 << (2 * count).bit_length(), np.int32),
    keys=np.empty(size, np.uint8),
    ends=np.zeros(count + 1, np.int64),
    used=np.zeros(1, np.int64),
  )


def _no_words(count: int, size: int) -> line_kernel.Words:
  return line_kernel.Words(
    table=_empty_table(count, size),
    ids=np.empty(size, np.int32),
    begins=np.empty(count, np.int64),
    counts=np.empty(count, np.int64),
    is_blank=np.empty(count, np.bool_),
    used=np.zeros(1, np.int64),
  )
