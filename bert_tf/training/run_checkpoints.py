"""The checkpoints of a run: saving, keeping the last few, resuming."""

import os
import re
from collections.abc import Collection, Mapping
from typing import Any

from absl import logging

from bert_tf.checkpoints import (
  checkpoint_prefix,
  checkpoint_reader,
  loader,
  saver,
  variable_names,
)
from bert_tf.system import files, output_files
from bert_tf.training import whole_checkpoints

_PREFIX = "model.ckpt"
_INDEX = re.compile(r"model\.ckpt-\d+\.index$")
_LEFT_BEHIND = re.compile(
  r"model\.ckpt-.*(\.tmp-\d+|\.tempstate\d+)|checkpoint\.[0-9a-f]{8}\.tmp$"
)


def latest(folder: str) -> str | None:
  """The prefix of the newest checkpoint that a folder lists, or its only one.

  None where there is none.

  Raises:
    FileNotFoundError: The `checkpoint` file lists one that is not there, or is
      missing or empty beside several checkpoints.
    ValueError: As of `checkpoint_prefix.check_path`.
  """
  checkpoint_prefix.check_path(folder)
  listing = os.path.join(folder, "checkpoint")
  path, _ = checkpoint_prefix.listed(folder)
  if path is None:
    found = [name for name in files.names_in(folder) if _INDEX.match(name)]
    if not found:
      return None
    if len(found) == 1:  # the run was killed before it could list its first
      return os.path.join(folder, found[0].removesuffix(".index"))
    newest = max(found, key=lambda name: (len(name), name))
    name = newest.removesuffix(".index")
    raise FileNotFoundError(
      f"{folder} holds checkpoints, but {listing} is missing or names none of "
      f'them; to go on, write into it: model_checkpoint_path: "{name}"'
    )
  if not files.exists(path + ".index"):
    raise FileNotFoundError(
      f"{listing} names {path}, which is not there; put it back, or name "
      "another in that file, or start in an empty output_dir"
    )
  return path


def _optimizer(marks: Collection[str]) -> str:
  """The optimizer that a checkpoint's marks tell of."""
  return (
    ", ".join(n.removeprefix(variable_names.OPTIMIZER) for n in marks)
    or "adamw"
  )


class Checkpoints:
  """`model.ckpt-N` in a folder, with the `checkpoint` file that lists them.

  A checkpoint is written whole under temporary names, renamed, and only then
  listed; a run that is killed at any moment finds the last listed one whole.

  Args:
    folder: The output folder of the run.
    variables: The state of the run by checkpoint name, `global_step` included.
    keep_max: How many to keep; 0 keeps all.
    writes: Whether this process writes (one does).
    require_latest: Whether an older checkpoint than the newest is refused.

  Raises:
    ValueError: As of `checkpoint_prefix.check_path`.
  """

  def __init__(
    self,
    folder: str,
    variables: Mapping[str, Any],
    keep_max: int = 5,
    writes: bool = True,
    require_latest: bool = False,
  ):
    self.folder = folder
    self.variables = dict(variables)
    self.keep_max = keep_max
    self.writes = writes
    self.require_latest = require_latest
    checkpoint_prefix.check_path(folder)

  def latest(self) -> str | None:
    """The newest checkpoint of the folder; see `latest`."""
    return latest(self.folder)

  def check(self) -> None:
    """Checks that the run can go on with what the folder holds; writes nothing.

    Raises:
      ValueError: It holds the training of another model, task or optimizer.
    """
    found = whole_checkpoints.newest(self.folder, self.require_latest)
    if found.prefix is not None:
      self._compared(found.prefix)

  def restore(self) -> int | None:
    """Restores the newest whole checkpoint; returns its step, or None.

    Newer ones that are damaged or gone are set aside, which is a warning.

    Raises:
      ValueError: It belongs to another model, task or optimizer; or it is not
        the newest and `require_latest` is set.
    """
    if self.writes:
      self._remove_left_behind()
    found = whole_checkpoints.newest(self.folder, self.require_latest)
    if found.damaged:
      logging.warning("%s", found.warning(self.folder))
      if self.writes:
        self._set_aside(found)
    if found.prefix is None:
      return None
    reader, wanted = self._compared(found.prefix)
    for name in checkpoint_reader.in_order(wanted):
      wanted[name].assign(reader.read(name))
    return int(reader.read(variable_names.GLOBAL_STEP))

  def _compared(
    self, prefix: str
  ) -> tuple[checkpoint_reader.Reader, dict[str, Any]]:
    """A checkpoint that fits the run, and what to restore from it."""
    reader = checkpoint_reader.Reader(prefix)
    wanted = self._wanted(reader)
    try:
      loader.compare(wanted, reader, require_all=True)
    except ValueError as error:
      raise ValueError(
        f"output_dir {self.folder} holds the training of another model; use "
        f"an empty output_dir, or the settings it was started with: {error}"
      ) from error
    return reader, wanted

  def _set_aside(self, found: whole_checkpoints.Found) -> None:
    """Renames damaged checkpoints, and lists those before them."""
    names = [os.path.basename(damaged.prefix) for damaged in found.damaged]
    kept = [name for name in self._listed() if name not in names]
    if found.prefix is not None:
      name = os.path.basename(found.prefix)
      kept = [other for other in kept if other != name] + [name]
    checkpoint_prefix.write_listing(self.folder, kept)
    for name in files.names_in(self.folder):
      if name.startswith(tuple(f"{x}." for x in names)) and not name.endswith(
        whole_checkpoints.ASIDE
      ):
        path = os.path.join(self.folder, name)
        files.rename(path, path + whole_checkpoints.ASIDE)

  def _wanted(self, reader: checkpoint_reader.Reader) -> dict[str, Any]:
    """What to restore: a loss scale may be new, an optimizer may not."""
    marks = {
      name
      for name in reader.shapes
      if name.startswith(variable_names.OPTIMIZER)
    }
    ours = {
      name
      for name in self.variables
      if name.startswith(variable_names.OPTIMIZER)
    }
    if marks != ours:
      raise ValueError(
        f"{reader.prefix} was trained by another optimizer "
        f"({_optimizer(marks)}) than this run's ({_optimizer(ours)}); give "
        "that one by --optimizer, or use an empty output_dir"
      )
    return {
      name: variable
      for name, variable in self.variables.items()
      if name in reader.shapes or not name.startswith(variable_names.LOSS_SCALE)
    }

  def save(self, step: int) -> str:
    """Writes `model.ckpt-<step>`, lists it, removes the oldest."""
    name = f"{_PREFIX}-{step}"
    path = os.path.join(self.folder, name)
    if not self.writes:
      return path
    saver.save(self.variables, path)
    kept = [other for other in self._listed() if other != name] + [name]
    drop = kept[: -self.keep_max] if self.keep_max else []
    kept = kept[len(drop) :]
    checkpoint_prefix.write_listing(self.folder, kept)
    for other in drop:
      checkpoint_prefix.remove(os.path.join(self.folder, other))
    logging.info("saved %s", path)
    return path

  def _listed(self) -> list[str]:
    _, paths = checkpoint_prefix.listed(self.folder)
    return [os.path.basename(path) for path in paths]

  def _remove_left_behind(self) -> None:
    """Removes what a killed run was writing."""
    output_files.sweep(self.folder)
    for name in files.names_in(self.folder):
      if _LEFT_BEHIND.match(name):
        files.remove(os.path.join(self.folder, name))
