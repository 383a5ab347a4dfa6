"""Reading tab-separated files.

As the original reads them: cells end at tabs, lines at newlines, and quotation
marks are characters like all others.
"""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from absl import logging

from bert_tf import files
from bert_tf.tasks.classification import task as task_lib

_BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
  """A line of a file.

  Attributes:
    line: Its number, from 1.
    cells: What stands between the tabs.
  """

  line: int
  cells: list[str]


class Example(NamedTuple):
  """A text, or a pair of texts, and its label.

  Attributes:
    line: Where it stands in the file, from 1.
    text: The text.
    pair: The second text, if any.
    label: The cell of the label; None where it is not to be read.
  """

  line: int
  text: str
  pair: str | None
  label: str | None


class ExampleFile(NamedTuple):
  """What a file holds.

  Attributes:
    path: The file.
    examples: In its order.
  """

  path: str
  examples: Sequence[Example]


class _BadLineError(ValueError):
  """A line that is not as it should be."""


def read(
  task: task_lib.Task,
  split: task_lib.Split,
  folder: str,
  skip_bad_lines: bool = False,
) -> ExampleFile:
  """Reads one of a task's files.

  Args:
    task: The task; its labels are checked if it has any.
    split: Which of its files.
    folder: The data folder.
    skip_bad_lines: Whether lines that are not as they should be are left out
      and counted. Those of a file to predict never are.

  Raises:
    FileNotFoundError: There is no such file.
    ValueError: A line is not as it should be, or there is no example; the
      message names the file and the line.
  """
  path = _find(split, folder)
  skip_bad_lines = skip_bad_lines and split.label is not None
  rows = _rows(path)
  columns = _columns(path, split, rows)
  examples: list[Example] = []
  bad = 0
  for row in rows:
    try:
      example = _example(task, split, columns, row)
    except _BadLineError as error:
      if not skip_bad_lines:
        raise ValueError(f"{path}:{row.line}: {error}") from None
      logging.warning("left out: %s:%d: %s", path, row.line, error)
      bad += 1
      continue
    if example:
      examples.append(example)
  if bad:
    logging.warning("%s: %d lines were left out", path, bad)
  if not examples:
    raise ValueError(f"{path}: found no example in it{_only(split)}")
  return ExampleFile(path, examples)


def _only(split: task_lib.Split) -> str:
  if split.only is None:
    return ""
  return f" with {split.only[1]!r} in column {split.only[0] + 1}"


def _find(split: task_lib.Split, folder: str) -> str:
  paths = [os.path.join(folder, name) for name in split.files]
  for path in paths:
    if files.exists(path):
      return path
  raise FileNotFoundError(
    f"no file {' or '.join(paths)}; data_dir must hold the task's files under "
    "their own names"
  )


def _rows(path: str) -> Iterator[Row]:
  """The lines of a file.

  Raises:
    ValueError: A line is not UTF-8, or has a carriage return within.
  """
  with files.open_file(path, "rb") as file:
    for number, data in enumerate(file, 1):
      if number == 1:
        data = data.removeprefix(_BOM)
      try:
        line = data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
      except UnicodeDecodeError as error:
        raise ValueError(
          f"{path}:{number}: byte {error.start + 1} of the line, "
          f"0x{data[error.start]:02x}, is not UTF-8; save the file as UTF-8"
        ) from None
      if "\r" in line:
        raise ValueError(
          f"{path}:{number}: a carriage return within the line; lines must end "
          "in \\n or \\r\\n"
        )
      yield Row(number, line.split("\t"))


def _columns(
  path: str, split: task_lib.Split, rows: Iterator[Row]
) -> dict[str, int]:
  """Reads the header, if any; the number of each column known by name."""
  if not split.has_header:
    return {}
  header = next(rows, Row(1, [])).cells
  columns = {}
  for name in (split.text, split.pair, split.label):
    if not isinstance(name, str):
      continue
    if header.count(name) != 1:
      raise ValueError(
        f"{path}:1: expected one column {name!r}, found "
        f"{header.count(name) or 'none'}; the columns are "
        f"{', '.join(map(repr, header)) or 'none, the file is empty'}"
      )
    columns[name] = header.index(name)
  if columns:
    columns[""] = len(header)  # all lines must be as long
  return columns


def _example(
  task: task_lib.Task,
  split: task_lib.Split,
  columns: dict[str, int],
  row: Row,
) -> Example | None:
  """Makes an example of a line; None where it is not to be read.

  Raises:
    _BadLineError: The line is not as it should be.
  """
  if row.cells == [""]:
    raise _BadLineError("the line is empty; remove it")
  if columns and len(row.cells) != columns[""]:
    raise _BadLineError(
      f"found {len(row.cells)} columns, the header names {columns['']}; is a "
      "tab missing, or one too many?"
    )

  def cell(column: task_lib.Column) -> str:
    index = columns[column] if isinstance(column, str) else column
    if index >= len(row.cells):
      raise _BadLineError(
        f"found {len(row.cells)} columns, expected at least {index + 1}; is "
        f"this a file of the task {task.name}?"
      )
    return row.cells[index]

  if split.only is not None and cell(split.only[0]) != split.only[1]:
    return None
  text = cell(split.text)
  pair = None if split.pair is None else cell(split.pair)
  label = None if split.label is None else cell(split.label)
  if label is not None and not task.lacks_labels:
    try:
      task.target(label)
    except ValueError as error:
      raise _BadLineError(str(error)) from None
  return Example(row.line, text, pair, label)
