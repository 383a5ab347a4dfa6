"""Arrays that go to a temporary file when they are large.

The files have no name, so nothing is left of them however a process ends.
"""

import contextlib
import ctypes
import functools
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from bert_tf.system import files, write_errors

Array = npt.NDArray[Any]

# Arrays of more bytes than this are kept in files, if not told otherwise.
LARGE = 8 << 20

# As much of mapped files as stays in a process's memory, see `Resident`.
_RESIDENT = 96 << 20
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # FALLOC_FL_...


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


def forget(*arrays: Array) -> None:
  """Takes arrays that are mapped files out of this process's memory.

  They come back as they are used, from the system's cache of the files. Other
  arrays, and systems without such advice, are left alone.
  """
  for array in arrays:
    mapped = _mapping(array)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
      mapped.madvise(mmap.MADV_DONTNEED)


def _mapping(array: Any) -> mmap.mmap | None:
  """The mapped file that an array lies in; None if it lies elsewhere."""
  while array is not None and not isinstance(array, mmap.mmap):
    array = getattr(array, "base", None)
  return array


class Resident:
  """Keeps few of some mapped arrays' pages in this process's memory.

  Args:
    arrays: Those that lie in files are looked after.
    most: Bytes that may stay.
  """

  def __init__(self, *arrays: Array, most: int = _RESIDENT):
    self._arrays = [x for x in arrays if _mapping(x) is not None]
    forget(*self._arrays)
    self._most = most + _resident_file_bytes()

  def trim(self) -> None:
    """Forgets the arrays if there is too much of them; call it often."""
    if self._arrays and _resident_file_bytes() > self._most:
      forget(*self._arrays)


def _resident_file_bytes() -> int:
  """Bytes of files that are mapped and in memory; 0 if not known."""
  try:
    with open("/proc/self/statm", "rb") as reader:
      return int(reader.read().split()[2]) * mmap.PAGESIZE
  except OSError:
    return 0


def release(file: IO[bytes], begin: int, end: int) -> None:
  """Gives back the room of bytes of a file that are not needed again.

  They read as zeros then. Written bytes that are soon given back need never
  reach the disk. Where the system or the disk has no holes, nothing happens.
  """
  fallocate = _fallocate()
  if fallocate is not None and end > begin:
    fallocate(file.fileno(), _KEEP_SIZE | _PUNCH_HOLE, begin, end - begin)


@functools.cache
def _fallocate() -> Callable[..., int] | None:
  try:
    function = ctypes.CDLL(None).fallocate64
  except (OSError, AttributeError):
    return None
  function.argtypes = (
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int64,
    ctypes.c_int64,
  )
  return function


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
    """Returns the whole array, not to be written; none can be added to it.

    From a file, too, it is an array of the same kind: of another, compiled code
    would be compiled once more.
    """
    if self._whole is None:
      if self._file is None:
        pieces = [np.empty(0, self._dtype), *self._pieces]
        self._whole = np.concatenate(pieces)
      else:
        self._flush()
        with self._file:
          self._whole = np.asarray(np.memmap(self._file, self._dtype, "r+"))
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
