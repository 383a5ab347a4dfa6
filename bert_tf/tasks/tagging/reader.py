"""CoNLL columns: a word a line, its label in a column, blank lines between.

Files are decoded as `text_encoding` says and laid out as `column_layout` finds.
Lines that begin with -DOCSTART- belong to no sentence.
"""

import dataclasses
import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

from absl import logging

from bert_tf.tables import text_encoding
from bert_tf.tasks.tagging import column_layout

_SHOWN = 3
_HEADER_OF_PREDICTIONS = "predicted"


class Word(NamedTuple):
  """A word of a file.

  Attributes:
    text: The word.
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
    layout: Its columns.
  """

  path: str
  lines: tuple[str, ...]
  sentences: tuple[tuple[Word, ...], ...]
  layout: column_layout.ColumnLayout

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
  path: str | os.PathLike[str],
  label_column: column_layout.Column | None = -1,
  word_column: column_layout.Column | None = None,
  encoding: str | None = None,
) -> ColumnFile:
  """Reads a file; what is assumed of it is logged, with its first words.

  Args:
    path: The file.
    label_column: Which column the label is, from 0, or from -1, the last, or
      its name in a header; None reads no labels.
    word_column: The same of the words; None to find it.
    encoding: As of `text_encoding.read_lines`.

  Raises:
    OSError: There is no such file.
    ValueError: A line lacks a column or has too many, or there is no word;
      the message names file and line.
  """
  name = os.fspath(path)
  rows = text_encoding.good_lines(name, encoding)
  try:
    layout = column_layout.find(rows, word_column, label_column)
  except ValueError as error:
    raise ValueError(f"{name}, {error}") from None
  sentences: list[list[Word]] = [[]]
  checked = False
  for number, row in enumerate(rows):
    if column_layout.is_break(row):
      sentences.append([])
    elif number not in layout.passed:
      cells = layout.split(row)
      if not checked:
        _check_columns(name, number, cells, layout, label_column)
        checked = True
      sentences[-1].append(_word(name, number, row, cells, layout))
  found = tuple(tuple(words) for words in sentences if words)
  if not found:
    raise ValueError(
      f"{name} holds no word; expected one word a line and its label in "
      "another column"
    )
  file = ColumnFile(name, tuple(rows), found, layout)
  _tell(file)
  return file


def _word(
  name: str,
  number: int,
  row: str,
  cells: Sequence[str],
  layout: column_layout.ColumnLayout,
) -> Word:
  where = f"{name}, line {number + 1}"
  if len(cells) != layout.columns:
    separator = "a tab" if layout.separator == column_layout.TAB else "spaces"
    raise ValueError(
      f"{where}: found {len(cells)} columns, {row!r}; expected "
      f"{layout.columns} as in other lines, separated by {separator}"
    )
  word = cells[layout.word]
  if not word:
    raise ValueError(
      f"{where}: column {layout.word} holds no word, {row!r}; write the word, "
      "or remove the line"
    )
  label = "" if layout.label is None else cells[layout.label]
  if layout.label is not None and not label.strip():
    raise ValueError(f"{where}: the label's column is empty, {row!r}")
  return Word(word, label, number)


def _check_columns(
  name: str,
  number: int,
  cells: Sequence[str],
  layout: column_layout.ColumnLayout,
  label_column: column_layout.Column | None,
) -> None:
  """Checks that the columns of words and labels are there, and are two."""
  word, label = layout.word, layout.label
  is_there = 0 <= word < layout.columns and (
    label is None or (0 <= label < layout.columns and label != word)
  )
  if not is_there:
    raise ValueError(
      f"{name}, line {number + 1}: found {layout.columns} columns, "
      f"{' '.join(cells)!r}; expected the word in column {word} and its label "
      f"in column {label_column} (from 0, or from -1, the last); others are "
      "given by --word_column and --label_column"
    )


def _tell(file: ColumnFile) -> None:
  """Logs what was assumed, and the first words."""
  words = [word for words in file.sentences for word in words]
  logging.info(
    "%s: %s (assumed; change it by --word_column, --label_column)",
    file.path,
    file.layout.described(),
  )
  for word in words[:_SHOWN]:
    label = "" if file.layout.label is None else f", label {word.label!r}"
    logging.info("line %d: word %r%s", word.line + 1, word.text, label)
  if len(words) > 1 and all(word.text.isdecimal() for word in words):
    logging.warning(
      "%s: all words are numbers; is column %d the one of the words? Give "
      "another by --word_column",
      file.path,
      file.layout.word,
    )


def warn_of_layouts(several: Sequence[ColumnFile]) -> None:
  """Warns if words are not in the same column of all files."""
  for file in several[1:]:
    first = several[0]
    if file.layout.word != first.layout.word:
      logging.warning(
        "words are read from column %d of %s, but from column %d of %s; is "
        "that right? Name it by --word_column",
        file.layout.word,
        file.path,
        first.layout.word,
        first.path,
      )


def with_predictions(
  file: ColumnFile, predictions: Sequence[Sequence[str]]
) -> str:
  """The file's text with a column added: the predicted label of each word.

  All other lines are as they were, but that a header names the new column. It
  is separated as the others are, by a tab if there is only one.

  Args:
    file: The file.
    predictions: Labels of each word of each sentence.
  """
  lines = list(file.lines)
  by_spaces = (
    file.layout.separator == column_layout.SPACES and file.layout.columns > 1
  )
  separator = " " if by_spaces else "\t"
  if file.layout.header is not None:
    lines[file.layout.header] += separator + _HEADER_OF_PREDICTIONS
  for words, labels in zip(file.sentences, predictions, strict=True):
    for word, label in zip(words, labels, strict=True):
      lines[word.line] += separator + label
  return "".join(f"{line}\n" for line in lines)
