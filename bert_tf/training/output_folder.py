"""Whose an output folder is, so that one task does not write over another."""

import json
import os
from collections.abc import Mapping
from typing import Any

from bert_tf import files
from bert_tf.checkpoints import formats

_FILE = "task.json"


def read(folder: str) -> dict[str, Any]:
  """What `claim` wrote into a folder; empty if nothing.

  Raises:
    ValueError: The file is damaged.
  """
  path = os.path.join(folder, _FILE)
  if not files.exists(path):
    return {}
  try:
    return files.read_json(path)
  except ValueError as error:
    raise ValueError(
      f"{path} is damaged ({error}); remove it, or take an empty output_dir"
    ) from error


def check(folder: str, task: Mapping[str, Any]) -> None:
  """Checks that a folder is not in use by another task.

  Args:
    folder: The output folder; it need not be there.
    task: What the task is, as JSON can hold it.

  Raises:
    NotADirectoryError: It is a file.
    ValueError: It is in use.
  """
  check_is_no_file(folder)
  found = read(folder)
  if found and found != dict(task):
    raise ValueError(
      f"output_dir {folder} is in use by another task; "
      f"{os.path.join(folder, _FILE)} says {json.dumps(found)}, expected "
      f"{json.dumps(dict(task))}: take another output_dir"
    )


def check_is_no_file(folder: str) -> None:
  """Checks that a folder can be made, or is there.

  Raises:
    NotADirectoryError: There is a file of that name.
  """
  if not files.is_remote(folder) and os.path.isfile(folder):
    raise NotADirectoryError(
      f"output_dir {folder} is a file; name a folder, which may be a new one"
    )


def claim(folder: str, task: Mapping[str, Any]) -> None:
  """Writes what the task is into its folder, for `check`."""
  path = os.path.join(folder, _FILE)
  files.write_atomically(path, (json.dumps(dict(task)) + "\n").encode())


def check_head(path: str, scope: str, shape: tuple[int, int]) -> None:
  """Checks that a checkpoint has the head of a task.

  Args:
    path: What `formats.reader` takes.
    scope: What the names of the head's variables begin with.
    shape: Its outputs, and the width of the encoder.

  Raises:
    ValueError: It lacks a variable, or has one of another shape.
  """
  reader = formats.reader(path)
  for name, expected in (("output_weights", shape), ("output_bias", shape[:1])):
    found = reader.shapes.get(scope + name)
    if found != expected:
      what = "none" if found is None else f"one of shape {list(found)}"
      raise ValueError(
        f"{reader.prefix}: expected a variable {scope + name!r} of shape "
        f"{list(expected)}, found {what}; it is not a checkpoint of this task. "
        "Train first (do_train), or name another output_dir or init_checkpoint"
      )
