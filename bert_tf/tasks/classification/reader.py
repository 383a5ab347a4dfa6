"""Reading the tables of a task.

Those of the original's tasks as the original reads them: cells end at tabs,
lines at newlines, and quotation marks are characters like all others.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from absl import logging

from bert_tf.system import files
from bert_tf.tables import table_files, table_form, table_reader
from bert_tf.tasks.classification import task_definition


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


def read(
  task: task_definition.TaskDefinition,
  split: task_definition.Split,
  folder: str,
  skip_bad_lines: bool = False,
  form: table_form.TableForm | None = None,
) -> ExampleFile:
  """Reads one of a task's files.

  Args:
    task: The task; its labels are checked if it has any.
    split: Which of its files.
    folder: The data folder.
    skip_bad_lines: Whether lines that are not as they should be are left out
      and counted. Those of a file to predict never are.
    form: How tables are read.

  Raises:
    FileNotFoundError: There is no such file.
    ImportError: pyarrow is needed and not installed.
    ValueError: A line is not as it should be, or there is no example; the
      message names the file and the line.
  """
  path = find(split, folder)
  skip_bad_lines = skip_bad_lines and split.label is not None
  rows = table_reader.rows(
    path, split.columns, form or table_form.TableForm(), split.has_header
  )
  examples: list[Example] = []
  bad = 0
  for row in rows:
    example, problem = _example(task, split, row)
    if problem:
      where = table_reader.place(path, row.number)
      if not skip_bad_lines:
        raise ValueError(f"{where}: {problem}")
      logging.warning("left out: %s: %s", where, problem)
      bad += 1
    elif example:
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
  """The file of a split, or the folder of a saved dataset.

  Raises:
    FileNotFoundError: There is none.
    ValueError: There are two.
  """
  if split.any_form:
    return table_files.find(folder, split.files)
  paths = [os.path.join(folder, name) for name in split.files]
  for path in paths:
    if files.exists(path):
      return path
  raise FileNotFoundError(
    f"no file {' or '.join(paths)}; data_dir must hold the task's files under "
    "their own names"
  )


def _example(
  task: task_definition.TaskDefinition,
  split: task_definition.Split,
  row: table_form.Row,
) -> tuple[Example | None, str | None]:
  """An example of a row, or what is wrong; neither if it is not to be read."""
  if row.problem:
    is_short = "expected at least" in row.problem
    hint = f"; is this a file of the task {task.name}?" if is_short else ""
    return None, row.problem + hint
  cells = iter(row.cells)
  text = next(cells)
  pair = None if split.pair is None else next(cells)
  label = None if split.label is None else next(cells)
  if split.only is not None and next(cells) != split.only[1]:
    return None, None
  if label == "" and task.kind == task_definition.SINGLE_LABEL:
    return None, "the label is empty"
  if label is not None and not task.lacks_labels:
    try:
      task.target(label)
    except ValueError as error:
      return None, str(error)
  return Example(row.number, text, pair, label), None
