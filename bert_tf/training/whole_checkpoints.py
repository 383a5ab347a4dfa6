"""The newest checkpoint of a run that is whole, and newer ones that are not."""

import functools
import math
import os
import re
from typing import NamedTuple

import tensorflow as tf

from bert_tf.checkpoints import checkpoint_prefix, checkpoint_reader
from bert_tf.system import files

ASIDE = ".damaged"
_INDEX = re.compile(r"model\.ckpt-(\d+)\.index$")
# Of these nothing is known about the file: they are not damage.
_OF_ACCESS = (
  tf.errors.AbortedError,  # a stale handle of a network's file system
  tf.errors.CancelledError,
  tf.errors.PermissionDeniedError,
  tf.errors.UnauthenticatedError,
  tf.errors.UnavailableError,
  tf.errors.DeadlineExceededError,
  tf.errors.ResourceExhaustedError,
  MemoryError,  # of this machine: what an index invents is found before
)
# TensorFlow's reader tells of a store's answers in other errors, too.
_OF_REQUEST = re.compile(
  "Error executing an HTTP request: (?!HTTP response code 404)"
)


class Damaged(NamedTuple):
  """A checkpoint that cannot be gone on from.

  Attributes:
    prefix: Its prefix.
    reason: What was found.
  """

  prefix: str
  reason: str


class Found(NamedTuple):
  """What a folder holds.

  Attributes:
    prefix: The newest checkpoint that is whole; None if there is none.
    damaged: Newer ones, the newest first.
  """

  prefix: str | None
  damaged: tuple[Damaged, ...] = ()

  def warning(self, folder: str) -> str:
    """What to say where there are damaged ones."""
    if self.prefix is None:
      goes_on = "no checkpoint is whole: THE TRAINING BEGINS AGAIN at step 0"
    else:
      goes_on = f"going on from {os.path.basename(self.prefix)}"
      step = _step(self.prefix)
      if step is not None:
        goes_on += f", step {step}, instead of {_step(self.damaged[0].prefix)}"
    return (
      f"output_dir {folder}: {self._named()}; {goes_on}. Damaged files are "
      f"kept as *{ASIDE}; --require_latest refuses to go on"
    )

  def refusal(self, folder: str) -> str:
    """What to say where nothing but the newest will do."""
    last = "none" if self.prefix is None else os.path.basename(self.prefix)
    return (
      f"output_dir {folder}: {self._named()}; the last whole checkpoint is "
      f"{last}. Put the newest one back, or leave out --require_latest to go "
      "on from there"
    )

  def _named(self) -> str:
    shown = "; ".join(
      f"{os.path.basename(x.prefix)} ({x.reason})" for x in self.damaged
    )
    return f"the newest checkpoint is damaged or gone: {shown}"


def newest(folder: str, require_latest: bool = False) -> Found:
  """The newest whole checkpoint; nothing is written.

  Args:
    folder: The output folder of a run.
    require_latest: Whether it has to be the newest of all.

  Raises:
    OSError: A checkpoint cannot be read now, so that nothing is known of it.
    ValueError: It is not the newest and has to be.
  """
  checkpoint_prefix.check_path(folder)
  damaged: list[Damaged] = []
  found = Found(None)
  for prefix in _candidates(folder):
    reason = _damage(prefix, _stamp(prefix))
    if reason is None:
      found = Found(prefix, tuple(damaged))
      break
    damaged.append(Damaged(prefix, reason))
  else:
    found = Found(None, tuple(damaged))
  if found.damaged and require_latest:
    raise ValueError(found.refusal(folder))
  return found


def _candidates(folder: str) -> list[str]:
  """Prefixes, the newest first: those that are listed, and older ones."""
  latest, paths = checkpoint_prefix.listed(folder)
  listed = [os.path.join(folder, os.path.basename(path)) for path in paths]
  if latest:
    listed = [path for path in listed if not _is_same(path, latest)] + [latest]
  lying = {
    int(found[1]): os.path.join(folder, name.removesuffix(".index"))
    for name in files.names_in(folder)
    if (found := _INDEX.match(name))
  }
  top = _step(listed[-1]) if listed else None
  others = [
    path
    for step, path in sorted(lying.items())
    if (top is None or step < top)
    and not any(_is_same(path, other) for other in listed)
  ]
  return [*others, *listed][::-1]


def _is_same(path: str, other: str) -> bool:
  return os.path.basename(path) == os.path.basename(other)


@functools.lru_cache(maxsize=64)
def _damage(prefix: str, stamp: tuple[object, ...]) -> str | None:
  """What is wrong with a checkpoint, all of it read; None for nothing.

  Args:
    prefix: Its prefix.
    stamp: As of `_stamp`: what was read once is not read again.
  """
  del stamp
  if not files.exists(prefix + checkpoint_prefix.INDEX):
    return f"there is no {os.path.basename(prefix)}{checkpoint_prefix.INDEX}"
  try:
    reader = checkpoint_reader.Reader(prefix)
    _check_size(reader)
    for name in checkpoint_reader.in_order(reader.shapes):
      reader.read(name)
  except (ValueError, FileNotFoundError) as error:
    if isinstance(error.__cause__, _OF_ACCESS) or _OF_REQUEST.search(
      str(error)
    ):
      raise OSError(f"{prefix} cannot be read now: {error}") from error
    text = str(error).splitlines()[0]
    return text.removeprefix(f"{prefix}: ")
  return None


def _check_size(reader: checkpoint_reader.Reader) -> None:
  """Checks that the data file can hold what the index tells, before it is read.

  Raises:
    ValueError: It is too small.
  """
  data = reader.prefix + checkpoint_prefix.DATA
  if not files.exists(data):
    return  # in several files, or gone, which reading it tells
  told = sum(
    math.prod(shape) * tf.as_dtype(reader.dtypes[name]).size
    for name, shape in reader.shapes.items()
    if reader.dtypes[name] != "string"
  )
  held = files.size(data)
  if told > held:
    raise ValueError(
      f"{reader.prefix}: the index tells of {told} bytes, and "
      f"{os.path.basename(data)} has {held}"
    )


def _stamp(prefix: str) -> tuple[object, ...]:
  """Times and sizes of a checkpoint's files, so that changed ones are read."""
  found: list[object] = []
  for ending in (checkpoint_prefix.INDEX, checkpoint_prefix.DATA):
    try:
      if files.is_remote(prefix):
        there = tf.io.gfile.stat(prefix + ending)
        found += [there.mtime_nsec, there.length]
      else:
        here = os.stat(prefix + ending)
        found += [here.st_mtime_ns, here.st_size, here.st_ino]
    except (OSError, tf.errors.OpError):
      found.append(None)
  return tuple(found)


def _step(prefix: str) -> int | None:
  number = prefix.rpartition("-")[2]
  return int(number) if number.isdecimal() else None
