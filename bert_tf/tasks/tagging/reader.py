"""CoNLL columns: a word a line, its label in a column, blank lines between.

Columns are parted by a tab, or in a line without one by spaces. Lines that
begin with -DOCSTART- belong to no sentence.
"""

import dataclasses
import os
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from absl import logging

from bert_tf import files
from bert_tf.text import text_lines

_DOCUMENT_START = "-DOCSTART-"
_BYTE_ORDER_MARK = "\ufeff"
_SPACES = re.compile(" +")


class Word(NamedTuple):
  """A word of a file.

  Attributes:
    text: The word, its line's first column.
    label: Its label; "" where labels are not read.
    line: The number of its line in the file, from 0.
  """

  text: str
  label: str
  line: int


@dataclasses.dataclass(frozen=True)
class ColumnFile:
  """A file of sentences.

  Attributes:
    path: Its name.
    lines: All its lines, without their ends.
    sentences: The words of each sentence, one at least.
    columns: Columns of each word's line.
  """

  path: str
  lines: tuple[str, ...]
  sentences: tuple[tuple[Word, ...], ...]
  columns: int

  def texts(self) -> list[list[str]]:
    """The words of each sentence."""
    return [[word.text for word in words] for words in self.sentences]

  def labels(self) -> list[list[str]]:
    """The labels of each sentence."""
    return [[word.label for word in words] for words in self.sentences]

  def check_labels(self, known: Collection[str]) -> None:
    """Checks that no other labels occur.

    Raises:
      ValueError: One does; the message names file and line.
    """
    for words in self.sentences:
      for word in words:
        if word.label not in known:
          raise ValueError(
            f"{self.path}, line {word.line + 1}: the label {word.label!r} of "
            f"{word.text!r} is not known; the labels are "
            f"{', '.join(known)}. Is label_column the right one? Otherwise "
            "name all labels by the labels setting"
          )


def read(
  path: str | os.PathLike[str], label_column: int | None = -1
) -> ColumnFile:
  """Reads a file.

  A byte order mark and carriage returns at line ends are dropped, saying so.

  Args:
    path: The file.
    label_column: Which column the label is, from 0, or from -1, the last;
      None reads no labels.

  Raises:
    OSError: There is no such file.
    ValueError: A line lacks a column or has too many, or there is no word;
      the message names file and line.
  """
  name = os.fspath(path)
  rows = _read_lines(name)
  sentences: list[list[Word]] = [[]]
  columns = 0
  for number, row in enumerate(rows):
    if not row.strip() or row.startswith(_DOCUMENT_START):
      sentences.append([])
      continue
    parts = split(row)
    columns = columns or _check_first(name, number, parts, label_column)
    if len(parts) != columns or not parts[0]:
      raise ValueError(
        f"{name}, line {number + 1}: found {len(parts)} columns, {row!r}; "
        f"expected {columns} as in the lines before, the first with a word, "
        "parted by a tab or by spaces"
      )
    label = "" if label_column is None else parts[label_column]
    if label_column is not None and not label:
      raise ValueError(
        f"{name}, line {number + 1}: the label's column is empty, {row!r}"
      )
    sentences[-1].append(Word(parts[0], label, number))
  found = tuple(tuple(words) for words in sentences if words)
  if not found:
    raise ValueError(
      f"{name} holds no word; expected one word a line and its label in "
      "another column"
    )
  return ColumnFile(name, tuple(rows), found, columns)


def split(row: str) -> list[str]:
  """The columns of a line."""
  if "\t" in row:
    return [part.strip(" ") for part in row.split("\t")]
  return _SPACES.split(row.strip(" "))


def _read_lines(name: str) -> list[str]:
  if not files.is_remote(name) and os.path.isdir(name):
    raise IsADirectoryError(f"{name} is a folder; expected a file of columns")
  with files.open_file(name) as reader:
    rows = text_lines.decode_lines(reader.read(), name)
  if rows and rows[0].startswith(_BYTE_ORDER_MARK):
    logging.warning("%s, line 1: a byte order mark was dropped", name)
    rows[0] = rows[0].removeprefix(_BYTE_ORDER_MARK)
  ended = [i for i, row in enumerate(rows) if row.endswith("\r")]
  if ended:
    logging.warning(
      "%s, line %d: a carriage return at the line's end was dropped, and so in "
      "%d other lines",
      name,
      ended[0] + 1,
      len(ended) - 1,
    )
  return [row.removesuffix("\r") for row in rows]


def _check_first(
  name: str, number: int, parts: list[str], label_column: int | None
) -> int:
  """The number of columns, if the label can be among them."""
  count = len(parts)
  if label_column is None:
    return count
  place = label_column + count if label_column < 0 else label_column
  if not 0 < place < count:
    raise ValueError(
      f"{name}, line {number + 1}: found {count} columns, "
      f"{' '.join(parts)!r}; expected the word in the first and its label in "
      f"column {label_column} (from 0, or from -1, the last)"
    )
  return count


def with_predictions(
  file: ColumnFile, predictions: Sequence[Sequence[str]]
) -> str:
  """The file's text with a column added: the predicted label of each word.

  All other lines are as they were. The new column is parted as the line's
  others are, by a tab if there is only one.

  Args:
    file: The file.
    predictions: Labels of each word of each sentence.
  """
  lines = list(file.lines)
  for words, labels in zip(file.sentences, predictions, strict=True):
    for word, label in zip(words, labels, strict=True):
      row = lines[word.line]
      by_spaces = "\t" not in row and file.columns > 1
      lines[word.line] = f"{row}{' ' if by_spaces else chr(9)}{label}"
  return "".join(f"{line}\n" for line in lines)
