"""Prefixes of checkpoints: what a folder lists, what TensorFlow can read."""

import os
import re

import tensorflow as tf

from bert_tf import files

# What TensorFlow's reader of checkpoints takes for a pattern, wherever it is.
_PATTERN = re.compile(r"\[.*\]|\\")


def listed(folder: str) -> tuple[str | None, list[str]]:
  """What the `checkpoint` file of a folder lists.

  Returns:
    The prefix of the latest checkpoint, and of all; None and nothing where
    the file is not there or says nothing.
  """
  try:
    state = tf.train.get_checkpoint_state(folder)
  except ValueError:  # the file is there and says nothing
    state = None
  if state is None:
    return None, []
  return str(state.model_checkpoint_path), [
    str(path) for path in state.all_model_checkpoint_paths
  ]


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
