"""Text files to token ids: documents of sentences, in three flat arrays.

Input files hold one sentence a line and an empty line between documents. A
document goes on across the end of a file, as in the original, unless the file
ends with an empty line.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.native import token_corpus
from bert_tf.records import spill_files
from bert_tf.system import files
from bert_tf.text import line_encoder


def find_input_files(patterns: Iterable[str]) -> list[str]:
  """Returns the files that each pattern matches, in order of their names.

  Args:
    patterns: As of `files.expand`.

  Raises:
    FileNotFoundError: a pattern matches nothing.
    IsADirectoryError: a pattern matches a directory.
  """
  found = files.expand(patterns)
  for path in found:
    if os.path.isdir(path):
      raise IsADirectoryError(
        f"--input_file: {path!r} is a directory, expected text files; to read "
        f"all files in it, pass {os.path.join(path, '*')!r}"
      )
  return found


def _running_total(
  counts: npt.NDArray[Any], out: npt.NDArray[np.int64]
) -> None:
  """Fills in 0, then the sum of the counts up to and with each."""
  out[0] = 0
  np.cumsum(counts, out=out[1:])


class _Builder:
  """Collects the sentences and documents of blocks of text."""

  def __init__(
    self, encoder: line_encoder.LineEncoder, folder: str | None, large: int
  ):
    self._encoder = encoder
    self._folder = folder
    self._large = large
    small = encoder.largest_id < 1 << 16
    self._tokens = spill_files.Spool(
      np.uint16 if small else np.int32, folder, large
    )
    self._lengths = spill_files.Spool(np.int32, folder, large)
    self._documents = spill_files.Spool(np.int64, folder, large)
    self._sentence_count = 0
    self._last_start = 0  # Of a document, in sentences.

  def add(self, text: bytes) -> None:
    """Adds whole lines; the last one has no newline."""
    lines = self._encoder.encode(text)
    # A line of control characters alone is no sentence, and no empty line.
    full = lines.counts > 0  # [L]
    before = self._sentence_count + np.cumsum(full) - full  # Sentences.
    self._add_starts(before[lines.is_empty])
    self._sentence_count += int(np.sum(full))
    self._tokens.add(lines.ids)
    self._lengths.add(lines.counts[full])

  def _add_starts(self, starts: npt.NDArray[np.int64]) -> None:
    """Adds where documents end; those that coincide are empty documents."""
    starts = np.unique(starts[starts > self._last_start])
    if len(starts):
      self._documents.add(starts)
      self._last_start = int(starts[-1])

  def finish(self) -> token_corpus.Corpus:
    """Returns what was collected, without the empty documents."""
    count = self._sentence_count
    self._add_starts(np.array([count]))
    sentences = spill_files.empty(
      count + 1, np.int64, self._folder, self._large
    )
    _running_total(self._lengths.finish(), sentences)
    spill_files.forget(self._lengths.finish())
    ends = self._documents.finish()
    return token_corpus.Corpus(
      self._tokens.finish(), sentences, np.concatenate([[0], ends])
    )


class TextPart(NamedTuple):
  """Whole lines of a file.

  Attributes:
    path: the file.
    begin: the first byte.
    end: the byte after the last one; None for the whole rest.
  """

  path: str
  begin: int = 0
  end: int | None = None


def read_corpus(
  parts: Sequence[TextPart],
  encoder: line_encoder.LineEncoder,
  progress: Callable[[int], object] = lambda size: None,
  folder: str | None = None,
  block_bytes: int = 1 << 18,
  large: int = spill_files.LARGE,
) -> token_corpus.Corpus:
  """Reads and tokenizes text files.

  Lines end at a newline and nowhere else, and carriage returns are dropped.
  Bytes that are not UTF-8 are dropped too, with a warning that counts the
  lines they were in.

  Args:
    parts: files or parts of them, in order.
    encoder: a tokenizer's; the vocabulary must have "[UNK]".
    progress: told the bytes of each block that is done.
    folder: where a corpus that is large is kept; None for the system's
      temporary folder.
    block_bytes: text read at once, so that memory is bounded.
    large: as of `spill_files`.

  Raises:
    ValueError: the files hold no sentence.
  """
  builder = _Builder(encoder, folder, large)
  for part in parts:
    broken_lines = 0
    with files.open_file(part.path) as stream:
      for block in _blocks(stream, part, block_bytes):
        text, broken = _drop_broken(block.replace(b"\r", b""))
        builder.add(text)
        broken_lines += broken
        progress(len(block) + 1)
    if broken_lines:
      logging.warning(
        "%s: dropped bytes that are not UTF-8 from %d lines; convert the "
        "file to UTF-8 if they matter",
        part.path,
        broken_lines,
      )
  corpus = builder.finish()
  if not corpus.document_count:
    names = ", ".join(part.path for part in parts)
    raise ValueError(
      f"--input_file: found no sentence in {names}; expected one sentence a "
      "line and an empty line between documents"
    )
  return corpus


def _blocks(
  stream: IO[bytes], part: TextPart, block_bytes: int
) -> Iterator[bytes]:
  """Yields whole lines, many at a time, without the last one's newline."""
  if part.begin:
    stream.seek(part.begin)
  rest = b""
  size = None if part.end is None else part.end - part.begin
  for data in _read(stream, size, block_bytes):
    lines, newline, tail = data.rpartition(b"\n")
    if newline:
      yield rest + lines
      rest = tail
    else:
      rest += data
  if rest:
    yield rest


def _read(
  stream: IO[bytes], size: int | None, block_bytes: int
) -> Iterator[bytes]:
  """Yields `size` bytes, or all, in portions."""
  left = size
  while left is None or left > 0:
    data = stream.read(block_bytes if left is None else min(left, block_bytes))
    if not data:
      return
    yield data
    left = None if left is None else left - len(data)


def _drop_broken(data: bytes) -> tuple[bytes, int]:
  """Returns UTF-8, and in how many lines bytes had to be dropped."""
  try:
    data.decode("utf-8")
  except UnicodeDecodeError:
    text = data.decode("utf-8", "ignore").encode("utf-8")
    lines = zip(data.split(b"\n"), text.split(b"\n"), strict=True)
    return text, sum(line != raw for raw, line in lines)
  return data, 0
