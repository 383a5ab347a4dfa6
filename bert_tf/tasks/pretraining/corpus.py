"""Text files to token ids: documents of sentences, in three flat arrays.

Input files hold one sentence a line and an empty line between documents. A
document goes on across the end of a file, as in the original, unless the file
ends with an empty line.
"""

import array
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf import files
from bert_tf.text import full_tokenizer

# What `str.split` takes for white space but the tokenizer drops as control
# characters, joining what they part.
_NOT_SPACES = re.compile("[\x0b\x0c\x1c-\x1f\x85]")

# Memory is bounded by reading, and forgetting rare words, in such portions.
_BLOCK_BYTES = 1 << 20
_MAX_WORDS = 1 << 19
_MAX_PIECES = 1 << 22


class Corpus(NamedTuple):
  """All documents, in the order of the files.

  Attributes:
    tokens: ids of all sentences, one after the other. int32 [T]
    sentences: where each sentence starts in `tokens`, and at the end T.
      int64 [S + 1]
    documents: where each document starts in `sentences`, and at the end S.
      int64 [D + 1]
  """

  tokens: npt.NDArray[np.int32]
  sentences: npt.NDArray[np.int64]
  documents: npt.NDArray[np.int64]

  @property
  def document_count(self) -> int:
    """D."""
    return len(self.documents) - 1

  @property
  def sentence_count(self) -> int:
    """S."""
    return len(self.sentences) - 1


def find_input_files(patterns: Iterable[str]) -> list[str]:
  """Returns the files that each pattern matches, in order of their names.

  Args:
    patterns: paths, with `*`, `?` and `[...]` if need be; "gs://..." too.

  Raises:
    FileNotFoundError: a pattern matches nothing.
    IsADirectoryError: a pattern matches a directory.
  """
  found: list[str] = []
  for pattern in patterns:
    matches = files.find(pattern)
    if not matches:
      raise FileNotFoundError(
        f"--input_file: no file matches {pattern!r} (seen from "
        f"{os.getcwd()}); expected paths or patterns with commas and no "
        "spaces between them"
      )
    for path in matches:
      if os.path.isdir(path):
        raise IsADirectoryError(
          f"--input_file: {path!r} is a directory, expected text files; "
          f"to read all files in it, pass {os.path.join(path, '*')!r}"
        )
    found.extend(matches)
  return found


class _PartTable(dict[str, list[int]]):
  """Remembers the ids of words that have no punctuation in them."""

  def __init__(self, tokenizer: full_tokenizer.FullTokenizer):
    super().__init__()
    self._tokenizer = tokenizer

  def __missing__(self, part: str) -> list[int]:
    pieces = self._tokenizer.wordpiece_tokenizer.word_pieces(part)
    self[part] = ids = self._tokenizer.convert_tokens_to_ids(pieces)
    return ids


class _WordTable(dict[str, int]):
  """Numbers words as they turn up and keeps the ids of their pieces.

  Attributes:
    pieces: ids of all words, one after the other.
    starts: where each word's ids start, and at the end `len(pieces)`.
  """

  def __init__(self, tokenizer: full_tokenizer.FullTokenizer):
    super().__init__()
    self._split = tokenizer.basic_tokenizer.tokenize
    self._parts = _PartTable(tokenizer)
    self.forget()

  def __missing__(self, word: str) -> int:
    for part in self._split(word):
      self.pieces.extend(self._parts[part])
    self.starts.append(len(self.pieces))
    self[word] = number = len(self)
    return number

  def forget(self) -> None:
    """Empties the table: rare words would fill the memory."""
    self.clear()
    self._parts.clear()
    self.pieces = array.array("i")
    self.starts = array.array("q", [0])

  def is_full(self) -> bool:
    """Whether it is time to forget."""
    return len(self) > _MAX_WORDS or len(self.pieces) > _MAX_PIECES

  def look_up(
    self, words: list[str]
  ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Returns the ids of all words [P], and where each word starts [W + 1]."""
    count = len(words)
    numbers = np.fromiter(map(self.__getitem__, words), np.int64, count)
    pieces = np.frombuffer(self.pieces, np.int32)
    starts = np.frombuffer(self.starts, np.int64)
    begins = starts[numbers]  # [W]
    lengths = starts[numbers + 1] - begins  # [W]
    ends = _running_total(lengths)  # [W + 1]
    shifts = np.repeat(begins - ends[:-1], lengths)  # [P]
    return pieces[np.arange(ends[-1]) + shifts], ends


def _running_total(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
  """Returns 0, then the sum of the counts up to and with each."""
  total = np.zeros(len(counts) + 1, np.int64)
  np.cumsum(counts, out=total[1:])
  return total


class _Builder:
  """Collects the sentences and documents of blocks of text."""

  def __init__(self, tokenizer: full_tokenizer.FullTokenizer):
    self._table = _WordTable(tokenizer)
    self._tokens: list[npt.NDArray[np.int32]] = []
    self._lengths: list[npt.NDArray[np.int64]] = []
    self._sentence_count = 0
    self._document_starts = [0]

  def add(self, text: str) -> None:
    """Adds whole lines; the last one has no newline."""
    words: list[str] = []
    line_ends: list[int] = []  # In words; an empty line repeats the last.
    for line in _NOT_SPACES.sub("", text).split("\n"):
      words += line.split()
      line_ends.append(len(words))
    if words:
      ids, starts = self._table.look_up(words)
    else:
      ids, starts = np.zeros(0, np.int32), np.zeros(1, np.int64)
    words_to = np.array(line_ends, np.int64)
    words_from = np.concatenate([[0], words_to[:-1]])
    lengths = starts[words_to] - starts[words_from]  # [L], in tokens
    # A line of control characters alone is no sentence, and no empty line.
    full = lengths > 0
    before = _running_total(full.astype(np.int64))  # Sentences before a line.
    empty_at = before[:-1][words_to == words_from] + self._sentence_count
    self._document_starts.extend(np.unique(empty_at).tolist())
    self._sentence_count += int(before[-1])
    self._tokens.append(ids)
    self._lengths.append(lengths[full])
    if self._table.is_full():
      self._table.forget()

  def finish(self) -> Corpus:
    """Returns what was collected, without the empty documents."""
    lengths = np.concatenate([np.zeros(0, np.int64), *self._lengths])
    tokens = np.concatenate([np.zeros(0, np.int32), *self._tokens])
    # Starts that coincide are empty documents, and so is one at the very end.
    self._document_starts.append(self._sentence_count)
    documents = np.unique(np.array(self._document_starts, np.int64))
    return Corpus(tokens, _running_total(lengths), documents)


def read_corpus(
  paths: Sequence[str],
  tokenizer: full_tokenizer.FullTokenizer,
  progress: Callable[[int], object] = lambda size: None,
) -> Corpus:
  """Reads and tokenizes text files.

  Lines end at a newline and nowhere else, and carriage returns are dropped.
  Bytes that are not UTF-8 are dropped too, with a warning that counts the
  lines they were in.

  Args:
    paths: files, in order.
    tokenizer: gives the ids; its vocabulary must have "[UNK]".
    progress: told the bytes of each block that is done.

  Raises:
    ValueError: the files hold no sentence.
  """
  builder = _Builder(tokenizer)
  for path in paths:
    broken_lines = 0
    with files.open_file(path) as stream:
      for block in _blocks(stream):
        text, broken = _decode(block.replace(b"\r", b""))
        builder.add(text)
        broken_lines += broken
        progress(len(block) + 1)
    if broken_lines:
      logging.warning(
        "%s: dropped bytes that are not UTF-8 from %d lines; convert the "
        "file to UTF-8 if they matter",
        path,
        broken_lines,
      )
  corpus = builder.finish()
  if not corpus.document_count:
    raise ValueError(
      f"--input_file: found no sentence in {', '.join(paths)}; expected one "
      "sentence a line and an empty line between documents"
    )
  return corpus


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
  """Yields whole lines, many at a time, without the last one's newline."""
  rest = b""
  while data := stream.read(_BLOCK_BYTES):
    lines, newline, tail = data.rpartition(b"\n")
    if newline:
      yield rest + lines
      rest = tail
    else:
      rest += data
  if rest:
    yield rest


def _decode(data: bytes) -> tuple[str, int]:
  """Returns the text, and in how many lines bytes had to be dropped."""
  try:
    return data.decode("utf-8"), 0
  except UnicodeDecodeError:
    text = data.decode("utf-8", "ignore")
  lines = zip(data.split(b"\n"), text.split("\n"), strict=True)
  return text, sum(line.encode("utf-8") != raw for raw, line in lines)
