"""The checkpoints of a run: saving, keeping the last few, resuming."""

import os
import re
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf import files
from bert_tf.checkpoints import google, names

_PREFIX = "model.ckpt"
_LEFT_BEHIND = re.compile(r"\.tmp-\d+|\.tempstate\d+")


class Checkpoints:
  """`model.ckpt-N` in a folder, with the `checkpoint` file that lists them.

  A checkpoint is written whole under temporary names, renamed, and only then
  listed; a run that is killed at any moment finds the last listed one whole.

  Args:
    folder: The output folder of the run.
    variables: The state of the run by checkpoint name, `global_step` included.
    keep_max: How many to keep; 0 keeps all.
    writes: Whether this process writes (one does).
  """

  def __init__(
    self,
    folder: str,
    variables: Mapping[str, Any],
    keep_max: int = 5,
    writes: bool = True,
  ):
    self.folder = folder
    self.variables = dict(variables)
    self.keep_max = keep_max
    self.writes = writes
    if writes:
      tf.io.gfile.makedirs(folder)
      self._remove_left_behind()

  def latest(self) -> str | None:
    """The prefix of the newest checkpoint, or None.

    Raises:
      FileNotFoundError: The `checkpoint` file lists one that is not there.
    """
    state = tf.train.get_checkpoint_state(self.folder)
    if state is None or not state.model_checkpoint_path:
      return None
    path = str(state.model_checkpoint_path)
    if not tf.io.gfile.exists(path + ".index"):
      raise FileNotFoundError(
        f"{os.path.join(self.folder, 'checkpoint')} names {path}, which is "
        "not there; put it back, or name another in that file, or start in "
        "an empty output_dir"
      )
    return path

  def restore(self) -> int | None:
    """Restores the newest checkpoint; returns its step, or None.

    Raises:
      ValueError: It is damaged or belongs to another model or task.
    """
    path = self.latest()
    if path is None:
      return None
    reader = google.Reader(path)
    try:
      google.compare(self.variables, reader, require_all=True)
    except ValueError as error:
      raise ValueError(
        f"output_dir {self.folder} holds the training of another model; use "
        f"an empty output_dir, or the settings it was started with: {error}"
      ) from error
    for name, variable in self.variables.items():
      variable.assign(reader.read(name))
    return int(reader.read(names.GLOBAL_STEP))

  def save(self, step: int) -> str:
    """Writes `model.ckpt-<step>`, lists it, removes the oldest."""
    name = f"{_PREFIX}-{step}"
    path = os.path.join(self.folder, name)
    if not self.writes:
      return path
    google.save(self.variables, path)
    kept = [other for other in self._listed() if other != name] + [name]
    drop = kept[: -self.keep_max] if self.keep_max else []
    kept = kept[len(drop) :]
    self._list(kept)
    for other in drop:
      for file in tf.io.gfile.glob(os.path.join(self.folder, other + ".*")):
        tf.io.gfile.remove(file)
    logging.info("saved %s", path)
    return path

  def _list(self, kept: list[str]) -> None:
    """Writes the `checkpoint` file, a CheckpointState in text form."""
    lines = [f'model_checkpoint_path: "{kept[-1]}"']
    lines += [f'all_model_checkpoint_paths: "{name}"' for name in kept]
    path = os.path.join(self.folder, "checkpoint")
    files.write_atomically(path, "\n".join([*lines, ""]).encode())

  def _listed(self) -> list[str]:
    state = tf.train.get_checkpoint_state(self.folder)
    paths = list(state.all_model_checkpoint_paths) if state else []
    return [os.path.basename(path) for path in paths]

  def _remove_left_behind(self) -> None:
    """Removes what a killed run was writing."""
    for name in tf.io.gfile.listdir(self.folder):
      if name.startswith(_PREFIX) and _LEFT_BEHIND.search(name):
        tf.io.gfile.remove(os.path.join(self.folder, name))
