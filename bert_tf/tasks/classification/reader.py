"""Reading tab-separated files.

As the original reads them: cells end at tabs, lines at newlines, and quotation
marks are characters like all others.
"""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from absl import logging

from bert_tf import files
from bert_tf.tasks.classification import task_definition

_BOM = b"\xef\xbb\xbf"


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
  task: task_definition.TaskDefinition,
  split: task_definition.Split,
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
  path = find(split, folder)
  skip_bad_lines = skip_bad_lines and split.label is not None
  lines = _lines(path)
  columns = _columns(path, split, lines)
  examples: list[Example] = []
  bad = 0
  for number, data in lines:
    try:
      example = _example(task, split, columns, number, _cells(data))
    except _BadLineError as error:
      if not skip_bad_lines:
        raise ValueError(f"{path}:{number}: {error}") from None
      logging.warning("left out: %s:%d: %s", path, number, error)
      bad += 1
      continue
    if example:
      examples.append(example)
  if bad:
    logging.warning("%s: %d lines were left out", path, bad)
  if not examples:
    raise ValueError(f"{path}: found no example in it{_only(split)}")
  return ExampleFile(path, examples)


def _only(split: task_definition.Split) -> str:
  if split.only is None:
    return ""
  return f" with {split.only[1]!r} in column {split.only[0] + 1}"


def find(split: task_definition.Split, folder: str) -> str:
  """The file of a split.

  Raises:
    FileNotFoundError: There is none.
  """
  paths = [os.path.join(folder, name) for name in split.files]
  for path in paths:
    if files.exists(path):
      return path
  raise FileNotFoundError(
    f"no file {' or '.join(paths)}; data_dir must hold the task's files under "
    "their own names"
  )


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
  """The number of each line, from 1, and the line."""
  with files.open_file(path, "rb") as file:
    for number, data in enumerate(file, 1):
      yield number, data.removeprefix(_BOM) if number == 1 else data


def _cells(data: bytes) -> list[str]:
  """What stands between the tabs of a line.

  Raises:
    _BadLineError: It is not UTF-8, or has a carriage return within.
  """
  try:
    line = data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
  except UnicodeDecodeError as error:
    raise _BadLineError(
      f"byte {error.start + 1} of the line, 0x{data[error.start]:02x}, is not "
      "UTF-8; save the file as UTF-8"
    ) from None
  if "\r" in line:
    raise _BadLineError(
      "a carriage return within the line; lines must end in \\n or \\r\\n"
    )
  return line.split("\t")


def _columns(
  path: str, split: task_definition.Split, lines: Iterator[tuple[int, bytes]]
) -> dict[str, int]:
  """Reads the header, if any; the number of each column known by name."""
  if not split.has_header:
    return {}
  _, first = next(lines, (1, b""))
  try:
    header = _cells(first) if first else []
  except _BadLineError as error:
    raise ValueError(f"{path}:1: {error}") from None
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
  task: task_definition.TaskDefinition,
  split: task_definition.Split,
  columns: dict[str, int],
  number: int,
  cells: list[str],
) -> Example | None:
  """Makes an example of a line; None where it is not to be read.

  Raises:
    _BadLineError: The line is not as it should be.
  """
  if cells == [""]:
    raise _BadLineError("the line is empty; remove it")
  if columns and len(cells) != columns[""]:
    raise _BadLineError(
      f"found {len(cells)} columns, the header names {columns['']}; is a "
      "tab missing, or one too many?"
    )

  def cell(column: task_definition.Column) -> str:
    index = columns[column] if isinstance(column, str) else column
    if index >= len(cells):
      raise _BadLineError(
        f"found {len(cells)} columns, expected at least {index + 1}; is "
        f"this a file of the task {task.name}?"
      )
    return cells[index]

  if split.only is not None and cell(split.only[0]) != split.only[1]:
    return None
  text = cell(split.text)
  pair = None if split.pair is None else cell(split.pair)
  label = None if split.label is None else cell(split.label)
  if label == "" and task.kind == task_definition.SINGLE_LABEL:
    raise _BadLineError("the label is empty")
  if label is not None and not task.lacks_labels:
    try:
      task.target(label)
    except ValueError as error:
      raise _BadLineError(str(error)) from None
  return Example(number, text, pair, label)
