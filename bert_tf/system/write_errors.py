"""Errors of writing that name the file and the reason."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator

from bert_tf.system import temporary_names

_REASONS = {
  errno.ENOSPC: "the disk is full",
  errno.EDQUOT: "the disk quota is used up",
  errno.EFBIG: "it grows beyond the largest size of a file (ulimit -f)",
  errno.EACCES: "not permitted",
  errno.EPERM: "not permitted",
  errno.EROFS: "the file system is read-only",
}
_OF_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def named(path: str) -> Iterator[None]:
  """Lets errors of writing `path` say so.

  A reader that has left, and errors of other files that the block uses, are
  passed on as they are.

  Raises:
    OSError: Of the same kind; the message names the file and the reason, and
      where the disk is full how much of which is free.
  """
  try:
    yield
  except BrokenPipeError:
    raise
  except OSError as error:
    if error.errno is None or not _is_of(error, path):
      raise
    raise of(path, error.errno, error.strerror) from error


def of(path: str, number: int, otherwise: str | None = None) -> OSError:
  """The error of a number, such as `errno.ENOSPC`, in writing `path`."""
  reason = _REASONS.get(number) or otherwise or os.strerror(number)
  text = f"{path}: cannot be written: {reason}"
  if number in _OF_SPACE:
    text += _free(os.path.dirname(path) or ".")
  kind = type(OSError(number, ""))
  error = kind(text)
  error.errno = number
  return error


def from_message(path: str, message: str) -> OSError:
  """The error that a message of TensorFlow's tells of, in writing `path`."""
  for number in _REASONS:
    if os.strerror(number) in message:
      return of(path, number)
  return OSError(f"{path}: cannot be written: {message}")


def _is_of(error: OSError, path: str) -> bool:
  """Whether an error is of `path`; those of open files have no name."""
  name = error.filename
  if name is None:
    return error.errno in _REASONS or error.errno == errno.EIO
  if not isinstance(name, str):
    return False
  real, above = os.path.realpath(path), os.path.realpath(name)
  is_above = real == above or real.startswith(above.rstrip("/") + "/")
  return is_above or temporary_names.owner(name) is not None


def _free(folder: str) -> str:
  try:
    usage = shutil.disk_usage(folder)
  except OSError:
    return ""
  free, total = (size / 2**20 for size in (usage.free, usage.total))
  return f" ({free:,.0f} of {total:,.0f} MB are free in {folder})"
