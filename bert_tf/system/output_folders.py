"""Writing folders: whole or not at all.

A folder is written under a temporary name beside its place and then renamed. In
a bucket there are no folders: its objects are renamed one by one.
"""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator

from bert_tf.system import (
  files,
  output_files,
  remote_files,
  temporary_names,
  write_errors,
)

# What renaming a folder to a name that another has says.
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)


@contextlib.contextmanager
def writing(path: str) -> Iterator[str]:
  """Gives a folder that becomes `path` at the end of the block, or is removed.

  Raises:
    FileExistsError: There is something at `path`; it is left as it is.
    OSError: It cannot be written; the message names it and the reason.
  """
  path = path.rstrip("/")
  taken = FileExistsError(f"{path} is there already; name a new folder")
  if files.exists(path):
    raise taken
  with temporary_for(path) as temporary, write_errors.named(path):
    yield temporary
    try:
      publish(temporary, path)
    except OSError as error:
      if not is_taken(error):
        raise
      raise taken from error  # by another process, meanwhile


@contextlib.contextmanager
def temporary_for(path: str) -> Iterator[str]:
  """Gives a folder beside `path`, removed at the end if it is still there.

  Raises:
    OSError: It cannot be made; the message names `path` and the reason.
  """
  if files.is_remote(path):
    temporary = temporary_names.beside(path)
    files.make_folder(temporary)
    output_files.sweep(os.path.dirname(path))
    try:
      yield temporary
    finally:
      remote_files.remove_all(temporary)
    return
  temporary = temporary_names.beside(os.path.realpath(path))
  with write_errors.named(path):
    os.makedirs(temporary)
  output_files.sweep(os.path.dirname(temporary))
  descriptor = os.open(temporary, os.O_RDONLY)
  output_files.hold(descriptor)
  try:
    yield temporary
  finally:
    os.close(descriptor)
    shutil.rmtree(temporary, ignore_errors=True)


def scratch() -> contextlib.AbstractContextManager[str]:
  """Gives a folder for temporary files, removed at the end of the block."""
  return temporary_for(os.path.join(tempfile.gettempdir(), "work"))


def publish(temporary: str, path: str, last: str = "") -> None:
  """Gives a folder that is written its name.

  A bucket renames one object after the other.

  Args:
    temporary: The folder.
    path: Its name.
    last: The file that a reader looks for first: it gets its name last.

  Raises:
    OSError: There is something of that name, see `is_taken`.
  """
  if files.is_remote(path):
    _publish_remote(temporary, path, last)
    return
  for folder, _, names in os.walk(temporary):
    for name in names:
      output_files.sync(os.path.join(folder, name))
  os.rename(temporary, os.path.realpath(path))


def _publish_remote(temporary: str, path: str, last: str) -> None:
  if not path.startswith("gs://"):
    with remote_files.named(path):
      remote_files.gfile().rename(temporary, path)
    return
  if files.exists(path):
    raise FileExistsError(f"{path} is there already")
  names = files.names_below(temporary)
  for name in sorted(names, key=lambda name: (name == last, name)):
    files.rename(os.path.join(temporary, name), os.path.join(path, name))


def is_taken(error: OSError) -> bool:
  """Whether a folder was not renamed because there is one of that name."""
  return isinstance(error, FileExistsError) or error.errno in _TAKEN
