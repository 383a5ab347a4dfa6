"""Writing files: whole or not at all, and where they belong.

A file is written under a temporary name beside its place and then renamed.
Readers see the old one or the new one, never half of one, even after a power
cut. Links are followed: what they point to is replaced. What is no ordinary
file (a device, a pipe, /dev/stdout) is written straight. An existing file keeps
its mode. What killed processes of this host left behind is removed by the next
one that writes into the folder.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from absl import logging

from bert_tf.system import (
  files,
  remote_files,
  temporary_names,
  write_errors,
)

_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_MOST_LINKS = 40


class Output:
  """A file that is being written; `commit` puts it into its place.

  Attributes:
    path: The file's name.
  """

  def __init__(self, path: str | os.PathLike[str]):
    """Opens it; missing folders are made.

    Raises:
      OSError: It cannot be written; the message names file and reason.
    """
    self.path = os.fspath(path)
    self._temporary: str | None = None
    self._target = self.path
    if files.is_remote(self.path):
      files.make_folder(os.path.dirname(self.path))
      self._temporary = temporary_names.beside(self.path)
      self._stream: IO[bytes] = files.open_file(self._temporary, "wb")
      return
    with write_errors.named(self.path):
      straight = _open_straight(self.path)
      self._stream = straight or self._open_beside()

  def _open_beside(self) -> IO[bytes]:
    self._target = os.path.realpath(self.path)
    before = _check_replaceable(self._target)
    folder = os.path.dirname(self._target)
    os.makedirs(folder, exist_ok=True)
    sweep(folder)
    self._temporary = temporary_names.beside(self._target)
    stream = open(self._temporary, "wb")  # noqa: SIM115
    hold(stream.fileno())
    if before is not None:
      _keep_mode(stream.fileno(), before)
    return stream

  @property
  def stream(self) -> IO[bytes]:
    """What is written to; not to be closed."""
    return self._stream if self._temporary else _Forward(self._stream)  # type: ignore[return-value]

  def write(self, data: Any) -> None:
    """Writes bytes, or an array of them.

    Raises:
      OSError: As of `Output`.
    """
    with write_errors.named(self.path):
      is_remote = files.is_remote(self.path)
      self._stream.write(bytes(data) if is_remote else data)

  def close(self) -> None:
    """Completes what is written.

    Raises:
      OSError: As of `Output`.
    """
    if files.is_remote(self.path):
      self._stream.close()
      return
    with write_errors.named(self.path):
      if self._temporary and not self._stream.closed:
        self._stream.flush()
        os.fsync(self._stream.fileno())
      self._stream.close()

  def commit(self) -> None:
    """Completes the file and gives it its name.

    Raises:
      OSError: As of `Output`.
    """
    self.close()
    if self._temporary:
      with write_errors.named(self.path):
        files.rename(self._temporary, self._target)
      self._temporary = None

  def discard(self) -> None:
    """Removes what was written; a file of the final name stays as it was."""
    with contextlib.suppress(Exception):
      self._stream.close()
    if self._temporary:
      with contextlib.suppress(Exception):
        files.remove(self._temporary)
      self._temporary = None


class _Forward:
  """A stream that is only written, from its start to its end."""

  def __init__(self, stream: IO[bytes]):
    self.write = stream.write
    self.flush = stream.flush


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
  """Writes `data` as `writing` does."""
  with writing(path) as writer:
    writer.write(data)


@contextlib.contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
  """Opens a file that appears whole at the end of the block, or not at all.

  Raises:
    OSError: It cannot be written; the message names file and reason.
  """
  output = Output(path)
  try:
    with write_errors.named(output.path):
      yield output.stream
    output.commit()
  finally:
    output.discard()


def publish(temporary: str, path: str) -> None:
  """Puts a file that is written into the place of `path`; links are followed.

  What cannot be renamed there (a device, a pipe, a link to another disk) is
  written as `writing` does.

  Args:
    temporary: The file, as `staging_name` names it; gone afterwards.
    path: The place.

  Raises:
    OSError: It cannot be done; the message names `path` and the reason.
  """
  if files.is_remote(path):
    files.rename(temporary, path)
    return
  if _is_special(path) or _is_on_another_disk(temporary, path):
    with open(temporary, "rb") as made, writing(path) as stream:
      shutil.copyfileobj(made, stream)
    files.remove(temporary)
    return
  with write_errors.named(path):
    target = os.path.realpath(path)
    before = _check_replaceable(target)
    if before is not None:
      with open(temporary, "rb") as file:
        _keep_mode(file.fileno(), before)
    files.rename(temporary, target)


def staging_name(path: str) -> str:
  """A temporary name for what `publish` is to put into the place of `path`."""
  if files.is_remote(path):
    return temporary_names.beside(path)
  if _is_special(path):
    name = os.path.basename(path)
    return temporary_names.beside(os.path.join(tempfile.gettempdir(), name))
  return temporary_names.beside(os.path.realpath(path))


def _is_special(path: str) -> bool:
  """Whether a local path names something that is no ordinary file."""
  if _descriptor(path) is not None:
    return True
  return os.path.exists(path) and not (
    os.path.isfile(path) or os.path.isdir(path)
  )


def _is_on_another_disk(temporary: str, path: str) -> bool:
  folder = os.path.dirname(os.path.realpath(path))
  try:
    return os.stat(temporary).st_dev != os.stat(folder).st_dev
  except OSError:
    return False


def sync(path: str) -> None:
  """Waits until a local file is on the disk, before it is renamed.

  Otherwise, after a power cut, the new name could be there and the data not.
  """
  if not files.is_remote(path):
    with open(path, "rb") as file:
      os.fsync(file.fileno())


def sweep(folder: str) -> None:
  """Removes what dead processes of this host were writing into a folder."""
  is_remote = files.is_remote(folder)
  for name in files.all_names_in(folder or "."):
    owner = temporary_names.owner(name)
    if owner is None or not owner.is_of_this_host() or owner.is_alive():
      continue
    path = os.path.join(folder, name)
    if not is_remote and _is_held(path):
      continue
    logging.info(
      "removing %s: process %d left it half written", path, owner.pid
    )
    if is_remote:
      remote_files.remove_all(path)
      continue
    with contextlib.suppress(OSError):
      is_folder = os.path.isdir(path) and not os.path.islink(path)
      shutil.rmtree(path) if is_folder else os.remove(path)


def _open_straight(path: str) -> IO[bytes] | None:
  """Opens what is no ordinary file; None for one, and for a new one."""
  descriptor = _descriptor(path)
  if descriptor is not None:
    sys.stdout.flush()
    return os.fdopen(os.dup(descriptor), "wb")
  try:
    mode = os.stat(path).st_mode
  except OSError:
    return None
  is_special = not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
  return open(path, "wb") if is_special else None


def _descriptor(path: str) -> int | None:
  """The open file of this process that a path such as /dev/stdout names."""
  for _ in range(_MOST_LINKS):
    path = os.path.abspath(path)
    if path in _STANDARD:
      return _STANDARD[path]
    if found := _DESCRIPTOR.fullmatch(path):
      return int(found[1])
    if not os.path.islink(path):
      return None
    path = os.path.join(os.path.dirname(path), os.readlink(path))
  return None


def _check_replaceable(target: str) -> os.stat_result | None:
  """The state of a file that is to be replaced; None if there is none.

  Raises:
    OSError: It is a folder, or one may not write it.
  """
  try:
    found = os.stat(target)
  except FileNotFoundError:
    return None
  if stat.S_ISDIR(found.st_mode):
    raise IsADirectoryError(f"{target} is a folder; give a file's name")
  effective = os.access in os.supports_effective_ids
  if not os.access(target, os.W_OK, effective_ids=effective):
    raise PermissionError(f"{target}: cannot be written: not permitted")
  return found


def _keep_mode(descriptor: int, before: os.stat_result) -> None:
  """Gives an open file the owner and the mode of another, where permitted."""
  own = os.fstat(descriptor)
  if (own.st_uid, own.st_gid) != (before.st_uid, before.st_gid):
    with contextlib.suppress(OSError):
      os.fchown(descriptor, before.st_uid, before.st_gid)
  os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def hold(descriptor: int) -> None:
  """Shows others that the file is in use; where the file system has that."""
  with contextlib.suppress(OSError):
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_held(path: str) -> bool:
  """Whether somebody writes a file, in another container perhaps."""
  try:
    descriptor = os.open(path, os.O_RDONLY)
  except OSError:
    return False
  try:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    return True
  except OSError:
    pass
  finally:
    os.close(descriptor)
  return False
