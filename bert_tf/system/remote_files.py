"""Files in a store, by TensorFlow's file systems; its errors as plain ones."""

import contextlib
import functools
import re
import types
from collections.abc import Iterator
from typing import Any, Self

from bert_tf.system import error_text

# By the names of TensorFlow's errors: those that Python raises of local files.
_KINDS = {
  "NotFoundError": FileNotFoundError,
  "PermissionDeniedError": PermissionError,
  "UnauthenticatedError": PermissionError,
  "AlreadyExistsError": FileExistsError,
}
_WORDS = {
  "NotFoundError": "there is no such object",
  "PermissionDeniedError": "not permitted",
  "UnauthenticatedError": "not permitted without credentials",
  "AlreadyExistsError": "it exists already",
}
_BUCKET = re.compile("gs://[^/]+")


def gfile() -> Any:
  """TensorFlow's file systems; imported only for remote paths."""
  import tensorflow as tf

  return tf.io.gfile


@contextlib.contextmanager
def named(path: str) -> Iterator[None]:
  """Lets TensorFlow's errors of an object be those of files, and name it.

  Raises:
    OSError: What fails, of the kind that Python has for files.
  """
  import tensorflow as tf

  try:
    yield
  except tf.errors.OpError as error:
    kind = type(error).__name__
    if kind == "UnimplementedError":
      raise OSError(no_file_system(path)) from error
    told = [_WORDS.get(kind, ""), " ".join(error_text.plain(error).split())]
    text = ": ".join(filter(None, told)) or kind
    raise _KINDS.get(kind, OSError)(f"{path}: {text}") from error


def no_file_system(path: str) -> str:
  """What to say of a path whose scheme TensorFlow does not know."""
  scheme = path.partition("://")[0]
  return (
    f"{path}: TensorFlow has no file system for {scheme}:// (it has gs://); "
    "mount the store as a directory, for example with rclone, and give that "
    "directory"
  )


def is_folder(path: str) -> bool:
  """Whether there is such a folder.

  Raises:
    OSError: The store does not tell, which is not the same as "no".
  """
  import tensorflow as tf

  with named(path):
    try:
      return bool(gfile().stat(path).is_directory)
    except tf.errors.NotFoundError:
      return False


def make_folder(path: str) -> None:
  """Makes a folder, and those above it, as far as they are missing.

  Raises:
    FileNotFoundError: There is no such bucket.
    OSError: It cannot be made.
  """
  check_bucket(path)
  with named(path):
    gfile().makedirs(path)


def check_bucket(path: str) -> None:
  """Checks that the bucket of a path is there.

  In one that is not, TensorFlow never ends to make a folder.

  Raises:
    FileNotFoundError: There is no such bucket.
    OSError: The store does not tell.
  """
  found = _BUCKET.match(path)
  if not found:
    return
  import tensorflow as tf  # here: files of this machine need none

  with named(path):
    try:
      _stat_once(found[0])
    except tf.errors.NotFoundError as error:
      raise FileNotFoundError(
        f"{path}: there is no bucket {found[0]}; create it, or give another"
      ) from error
    except tf.errors.PermissionDeniedError:
      return  # It is there: one may write objects without reading of buckets.


@functools.cache
def _stat_once(path: str) -> None:
  gfile().stat(path)


def remove_all(path: str) -> None:
  """Removes an object or a folder of them, as far as the store lets it."""
  with contextlib.suppress(OSError), named(path):
    if is_folder(path):
      gfile().rmtree(path)
    elif gfile().exists(path):
      gfile().remove(path)


class RemoteStream:
  """An open object; a file of Python's, as far as readers and writers need.

  Args:
    path: The object.
    mode: As of `open`: reading or writing, of bytes or text.
  """

  def __init__(self, path: str, mode: str):
    self._path = path
    self._file = gfile().GFile(path, mode)

  def read(self, size: int = -1) -> Any:
    """Reads so much, all by default."""
    with named(self._path):
      return self._file.read(size)

  def readline(self) -> Any:
    """Reads a line with its end; an empty one at the end of the file."""
    with named(self._path):
      return self._file.readline()

  def write(self, data: Any) -> None:
    """Writes."""
    with named(self._path):
      self._file.write(data)

  def seek(self, offset: int, whence: int = 0) -> None:
    """Goes to a position."""
    with named(self._path):
      self._file.seek(offset, whence)

  def tell(self) -> int:
    """The position."""
    with named(self._path):
      return int(self._file.tell())

  def flush(self) -> None:
    """Sends what is buffered, where the store has that."""
    with named(self._path):
      self._file.flush()

  def close(self) -> None:
    """Completes it."""
    with named(self._path):
      self._file.close()

  def __iter__(self) -> Iterator[Any]:
    while line := self.readline():
      yield line

  def __enter__(self) -> Self:
    return self

  def __exit__(
    self,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: types.TracebackType | None,
  ) -> None:
    self.close()
