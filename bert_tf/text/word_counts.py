"""Counting the words of a corpus, as the tokenizer will see them."""

import collections
import dataclasses
from collections.abc import Iterable

from absl import logging

from bert_tf.system import files
from bert_tf.text import basic_tokenizer

_LINES_BETWEEN_REPORTS = 1_000_000


@dataclasses.dataclass
class WordCounts:
  """How often each word of a corpus occurs.

  Attributes:
    counts: occurrences by word, words as `BasicTokenizer` makes them.
    lines: how many lines were read.
    broken_lines: how many of them were not UTF-8; their other characters count.
  """

  counts: collections.Counter[str] = dataclasses.field(
    default_factory=collections.Counter
  )
  lines: int = 0
  broken_lines: int = 0


def count_files(
  paths: Iterable[str],
  tokenizer: basic_tokenizer.BasicTokenizer,
  max_raw_words: int = 1_000_000,
) -> WordCounts:
  """Counts the words of text files, local or in a bucket.

  Args:
    paths: the files.
    tokenizer: makes the words.
    max_raw_words: how many different space-separated words are gathered before
      they are tokenized. Each is tokenized once, and memory stays bounded.

  Raises:
    OSError: a file cannot be read.
    ValueError: there is no word in any of them.
  """
  paths = list(paths)
  total = WordCounts()
  for path in paths:
    logging.info("Reading %s", path)
    with files.open_file(path) as reader:
      _count_lines(reader, tokenizer, total, max_raw_words)
  if not total.counts:
    raise ValueError(
      f"{', '.join(paths)}: found no word in {total.lines} lines; expected "
      "plain text, one sentence or paragraph a line"
    )
  return total


def _count_lines(
  lines: Iterable[bytes],
  tokenizer: basic_tokenizer.BasicTokenizer,
  total: WordCounts,
  max_raw_words: int,
) -> None:
  """Adds the words of `lines` to `total`."""
  raw: collections.Counter[str] = collections.Counter()
  for line in lines:
    text = basic_tokenizer.to_unicode(line)
    total.lines += 1
    total.broken_lines += _is_broken(line, text)
    raw.update(text.split(" "))  # Exact: see word_cache.
    if len(raw) >= max_raw_words:
      _fold(raw, tokenizer, total)
    if total.lines % _LINES_BETWEEN_REPORTS == 0:
      logging.info("%s lines read", f"{total.lines:,}")
  _fold(raw, tokenizer, total)


def _is_broken(line: bytes, text: str) -> bool:
  """Whether decoding dropped bytes."""
  return not line.isascii() and text.encode("utf-8") != line


def _fold(
  raw: collections.Counter[str],
  tokenizer: basic_tokenizer.BasicTokenizer,
  total: WordCounts,
) -> None:
  """Moves space-separated words from `raw` into `total`, tokenized."""
  for raw_word, count in raw.items():
    for word in tokenizer.tokenize(raw_word):
      total.counts[word] += count
  raw.clear()
