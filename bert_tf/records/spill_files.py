"""Arrays that go to a temporary file when they are large.

The files have no name, so nothing is left of them however a process ends.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from bert_tf.system import files, write_errors

Array = npt.NDArray[Any]

# Arrays of more bytes than this are kept in files, if not told otherwise.
LARGE = 32 << 20


def folder_for(path: str) -> str | None:
  """Returns where to put temporary files for an output: beside it.

  For an output in a bucket that is None: where `tempfile` puts them.
  """
  if files.is_remote(path):
    return None
  folder = os.path.dirname(path) or "."
  return folder if os.path.isdir(folder) else None


def temporary_file(folder: str | None) -> IO[bytes]:
  """Opens a file without a name, to be written and read.

  Raises:
    OSError: It cannot be made; the message names the folder and the reason.
  """
  with named(folder):
    return tempfile.TemporaryFile(dir=folder)


@contextlib.contextmanager
def named(folder: str | None) -> Iterator[None]:
  """Lets errors of writing temporary files name their folder."""
  place = folder or tempfile.gettempdir()
  with write_errors.named(os.path.join(place, "temporary file")):
    yield


def empty(
  count: int, dtype: Any, folder: str | None, large: int = LARGE
) -> Array:
  """Returns an array [count] with nothing in particular in it.

  One of more than `large` bytes is a file mapped to memory: the system keeps as
  much of it in memory as there is room for.
  """
  size = count * np.dtype(dtype).itemsize
  if size <= large:
    return np.empty(count, dtype)
  with temporary_file(folder) as file, named(folder):
    # Not truncate: of what the disk has no room for, memory is not mapped.
    os.posix_fallocate(file.fileno(), 0, size)
    return np.asarray(np.memmap(file, dtype, "r+", shape=(count,)))


class Spool:
  """An array that is made piece by piece."""

  def __init__(self, dtype: Any, folder: str | None, large: int = LARGE):
    """Starts with nothing.

    Args:
      dtype: of the array.
      folder: where to put the file; None for the system's.
      large: bytes from which on it is kept in a file.
    """
    self._large = large
    self._dtype = np.dtype(dtype)
    self._folder = folder
    self._pieces: list[Array] = []
    self._size = 0  # Of the pieces, in bytes.
    self._file: IO[bytes] | None = None
    self._whole: Array | None = None

  def add(self, piece: Array) -> None:
    """Adds a piece to the end."""
    piece = np.ascontiguousarray(piece, self._dtype)
    self._pieces.append(piece)
    self._size += piece.nbytes
    if self._size > self._large:
      if self._file is None:
        self._file = temporary_file(self._folder)
      self._flush()

  def finish(self) -> Array:
    """Returns the whole array, not to be written; none can be added to it."""
    if self._whole is None:
      if self._file is None:
        pieces = [np.empty(0, self._dtype), *self._pieces]
        self._whole = np.concatenate(pieces)
      else:
        self._flush()
        with self._file:
          self._whole = np.asarray(np.memmap(self._file, self._dtype, "r"))
      self._pieces.clear()
    return self._whole

  def _flush(self) -> None:
    assert self._file is not None
    with named(self._folder):
      for piece in self._pieces:
        self._file.write(piece.data)
      self._file.flush()
    self._pieces.clear()
    self._size = 0
