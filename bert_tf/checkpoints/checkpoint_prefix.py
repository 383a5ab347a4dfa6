"""Prefixes of checkpoints: finding, listing and removing them.

A checkpoint is a prefix, `bert_model.ckpt`, with the files
`prefix.index` and `prefix.data-00000-of-00001`; a `.meta` file is not needed.
"""

import os
import re
from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from bert_tf.system import files, output_files

INDEX = ".index"
DATA = ".data-00000-of-00001"
DEFAULT = "bert_model.ckpt"
LISTING = "checkpoint"  # of a run's folder, names its checkpoints
# What TensorFlow's reader of checkpoints takes for a pattern, wherever it is.
_OF_PREFIX = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")
_PATTERN = re.compile(r"\[.*\]|\\")


def find(path: str | os.PathLike[str]) -> str:
  """The checkpoint prefix that `path` stands for.

  Args:
    path: A prefix, its `.index` or `.data` file, or a folder: one with a
      `checkpoint` file (its latest), with bert_model.ckpt, or with just one
      checkpoint.

  Raises:
    FileNotFoundError: There is none; the message says what was looked for.
  """
  path = os.fspath(path)
  path = _OF_PREFIX.sub("", path)
  if files.exists(path + INDEX):
    return path
  if not files.is_folder(path):
    raise FileNotFoundError(
      f"no checkpoint at {path}: there is no file {path + INDEX}; give the "
      "prefix (.../bert_model.ckpt) or the folder that holds it"
    )
  latest, _ = listed(path)
  if latest and files.exists(latest + INDEX):
    return latest
  found = [
    os.path.join(path, name.removesuffix(INDEX))
    for name in sorted(files.names_in(path))
    if name.endswith(INDEX)
  ]
  default = os.path.join(path, DEFAULT)
  if default in found:
    return default
  if len(found) == 1:
    return found[0]
  raise FileNotFoundError(
    f"no checkpoint in {path}: expected {DEFAULT}{INDEX}, found "
    f"{', '.join(map(os.path.basename, found)) or 'no .index file'}"
    + (f"; its file 'checkpoint' names {latest}" if latest else "")
  )


def listed(folder: str) -> tuple[str | None, list[str]]:
  """What the `checkpoint` file of a folder lists.

  Returns:
    The prefix of the latest checkpoint, and of all; None and nothing where
    the file is not there or says nothing.

  Raises:
    OSError: It cannot be read now, which TensorFlow takes for no file.
  """
  path = os.path.join(folder, LISTING)
  if not files.exists(path):
    return None, []
  with files.open_file(path) as file:
    file.read()
  try:
    state = tf.train.get_checkpoint_state(folder)
  except ValueError:  # the file is there and says nothing
    state = None
  if state is None:
    return None, []
  return _here(folder, str(state.model_checkpoint_path)), [
    str(path) for path in state.all_model_checkpoint_paths
  ]


def write_listing(folder: str, names: Sequence[str]) -> None:
  """Writes the `checkpoint` file of a folder, a CheckpointState in text form.

  Args:
    folder: The folder.
    names: Its checkpoints, the latest last; without any the file is removed.

  Raises:
    OSError: It cannot be written; the message names file and reason.
  """
  path = os.path.join(folder, LISTING)
  if not names:
    if files.exists(path):
      files.remove(path)
    return
  lines = [f'model_checkpoint_path: "{names[-1]}"']
  lines += [f'all_model_checkpoint_paths: "{name}"' for name in names]
  output_files.write_atomically(path, "\n".join([*lines, ""]).encode())


def _here(folder: str, prefix: str) -> str:
  """A listed prefix, or the one of its name in the folder that was moved."""
  beside = os.path.join(folder, os.path.basename(prefix))
  if not prefix or files.exists(prefix + INDEX):
    return prefix
  if not files.exists(beside + INDEX):
    return prefix
  logging.warning(
    "%s names %s, which is not there; taking %s, which is",
    os.path.join(folder, "checkpoint"),
    prefix,
    beside,
  )
  return beside


def check_path(path: str) -> None:
  """Checks that TensorFlow can read a checkpoint at a path.

  Raises:
    ValueError: The path has in it what its reader takes for a pattern.
  """
  found = _PATTERN.search(path)
  if found:
    raise ValueError(
      f"{path}: found {found[0]!r} in the path of a checkpoint, which "
      "TensorFlow takes for a pattern and cannot read again; expected a path "
      "without [...] and \\: rename the folder"
    )


def remove(prefix: str) -> None:
  """Removes the files of a checkpoint, `prefix.*`, as far as they are there."""
  folder, start = os.path.split(prefix)
  for name in files.names_in(folder or "."):
    if name.startswith(f"{start}."):
      files.remove(os.path.join(folder, name))
