"""Files in a store, by TensorFlow's file systems; its errors as plain ones."""

import contextlib
import types
from collections.abc import Iterator
from typing import Any, Self

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
  "UnimplementedError": (
    "TensorFlow has no file system of this scheme (it has gs://); mount the "
    "store as a folder and give that"
  ),
}


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
    told = [_WORDS.get(kind, ""), str(error.message or "")]
    text = ": ".join(filter(None, told)) or kind
    raise _KINDS.get(kind, OSError)(f"{path}: {text}") from error


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
