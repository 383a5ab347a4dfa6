"""Opening, finding and checking files, here or in a bucket.

Local paths need only Python. A path with a scheme, such as
"gs://bucket/vocab.txt", goes through TensorFlow's file system layer, which is
imported only then.
"""

import glob
import os
from collections.abc import Iterable
from typing import IO, Any

from bert_tf.system import (
  companion_names,
  json_text,
  remote_files,
  temporary_names,
)


def is_remote(path: str) -> bool:
  """Whether `path` names a file system by a scheme ("gs://...")."""
  return "://" in path


def open_file(path: str | os.PathLike[str], mode: str = "rb") -> IO[Any]:
  """Opens a file, binary unless `mode` says otherwise.

  Raises:
    OSError: as the built-in `open`; of a remote path perhaps only once it is
      read. The message names it.
  """
  name = os.fspath(path)
  if is_remote(name):
    return remote_files.RemoteStream(name, mode)  # type: ignore[return-value]
  encoding = None if "b" in mode else "utf-8"
  return open(name, mode, encoding=encoding)


def exists(path: str) -> bool:
  """Whether there is such a file or folder."""
  if not is_remote(path):
    return os.path.exists(path)
  with remote_files.named(path):
    return bool(remote_files.gfile().exists(path))


def is_folder(path: str) -> bool:
  """Whether there is such a folder."""
  if is_remote(path):
    return remote_files.is_folder(path)
  return os.path.isdir(path)


def make_folder(path: str) -> None:
  """Makes a folder, and those above it, as far as they are missing.

  Raises:
    OSError: It cannot be made.
  """
  if is_remote(path):
    remote_files.make_folder(path)
  else:
    os.makedirs(path, exist_ok=True)


def size(path: str) -> int:
  """Bytes of a file."""
  if not is_remote(path):
    return os.stat(path).st_size
  with remote_files.named(path):
    return int(remote_files.gfile().stat(path).length)


def remove(path: str) -> None:
  """Removes a file."""
  if is_remote(path):
    with remote_files.named(path):
      remote_files.gfile().remove(path)
  else:
    os.remove(path)


def read_json(path: str) -> dict[str, Any]:
  """Reads a file that holds one JSON object.

  Raises:
    FileNotFoundError: There is no such file.
    ValueError: It holds something else; the message names the file.
  """
  try:
    with open_file(path, "r") as file:
      text = file.read()
  except UnicodeDecodeError as error:
    raise ValueError(f"{path}: not a JSON file: {error}") from error
  values = json_text.parse(text, path)
  if not isinstance(values, dict):
    raise ValueError(
      f"{path}: expected a JSON object, found {type(values).__name__}"
    )
  return values


def rename(path: str, to: str) -> None:
  """Gives a file another name, in the place of what may have had it."""
  if is_remote(path):
    with remote_files.named(to):
      remote_files.gfile().rename(path, to, overwrite=True)
  else:
    os.replace(path, to)


def check_output(path: str, inputs: Iterable[str], flag: str) -> None:
  """Checks that a file can be written, and that none is lost by it.

  Args:
    path: The file to write.
    inputs: The files that are read.
    flag: The setting that names it, for the message.

  Raises:
    FileNotFoundError: There is no such bucket.
    IsADirectoryError: It is a folder.
    PermissionError: It may not be written.
    ValueError: It is one of the inputs.
  """
  if is_remote(path):
    same = [name for name in inputs if name == path]
  else:
    real = os.path.realpath(path)
    same = [name for name in inputs if os.path.realpath(name) == real]
  if same:
    raise ValueError(
      f"{flag}={path} is the file to read, {same[0]}, and would be "
      "overwritten; name another"
    )
  if not is_remote(path) and os.path.isdir(path):
    raise IsADirectoryError(f"{flag}={path} is a folder; give a file's name")
  _check_permitted(path, flag)


def check_folder(path: str, flag: str) -> None:
  """Checks that a folder is there, or that one can be made.

  Raises:
    FileNotFoundError: There is no such bucket.
    NotADirectoryError: There is a file of that name.
    PermissionError: It may not be written.
  """
  if not is_remote(path) and os.path.isfile(path):
    raise NotADirectoryError(
      f"{flag} {path} is a file; name a folder, which may be a new one"
    )
  _check_permitted(path, flag)


def _check_permitted(path: str, flag: str) -> None:
  """Checks that a path, or the folder above it that there is, may be written.

  In a bucket only that there is one.

  Raises:
    FileNotFoundError: There is no such bucket.
    PermissionError: It may not.
  """
  if is_remote(path):
    remote_files.check_bucket(path)
    return
  # Of a pipe, which /dev/stdout may be, the real path names nothing.
  above = path if os.path.exists(path) else os.path.realpath(path)
  while not os.path.exists(above):
    above = os.path.dirname(above)
  effective = os.access in os.supports_effective_ids
  if not os.access(above, os.W_OK, effective_ids=effective):
    raise PermissionError(
      f"{flag} {path}: cannot be written: {above} may not be written by this "
      "user; name another place"
    )


def expand(patterns: str | Iterable[str]) -> list[str]:
  """Returns the files that patterns name, those of each pattern sorted.

  Args:
    patterns: With `*`, `?` and `[...]` if need be; "gs://..." too. A string is
      split at commas.

  Raises:
    FileNotFoundError: a pattern names no file.
  """
  parts = patterns.split(",") if isinstance(patterns, str) else patterns
  found: list[str] = []
  for pattern in filter(None, (part.strip() for part in parts)):
    matches = find(pattern)
    if not matches:
      raise FileNotFoundError(
        f"no file matches {pattern!r}; check the path (relative paths start at "
        f"{os.getcwd()}), and quote patterns that have a * in them"
      )
    found.extend(matches)
  if not found:
    raise FileNotFoundError(
      f"found no file name in {patterns!r}; expected names or patterns with "
      "commas between them"
    )
  return found


def names_in(folder: str) -> list[str]:
  """Returns the names in a folder, sorted; none if it is no folder.

  What is still being written is left out.
  """
  return _whole(all_names_in(folder))


def all_names_in(folder: str) -> list[str]:
  """As `names_in`, with what is being written; in no order."""
  if is_remote(folder):
    listed = []
    if is_folder(folder):
      with remote_files.named(folder):
        listed = remote_files.gfile().listdir(folder)
  else:
    listed = os.listdir(folder) if os.path.isdir(folder) else []
  return [name.rstrip("/") for name in listed]


def names_below(folder: str) -> list[str]:
  """The paths of all files below a folder, relative to it, sorted."""
  with remote_files.named(folder):
    return sorted(
      os.path.relpath(os.path.join(inner, name), folder)
      for inner, _, names in remote_files.gfile().walk(folder)
      for name in names
    )


def find(pattern: str) -> list[str]:
  """Returns the files a pattern matches, sorted; perhaps none.

  As TensorFlow's: a `*` matches names that start with a dot, too; not those of
  files that are still being written.
  """
  if is_remote(pattern):
    with remote_files.named(pattern):
      return _whole(remote_files.gfile().glob(pattern))
  if os.path.exists(pattern):
    return [pattern]  # Even with a "[" in its name.
  return _whole(glob.glob(pattern, include_hidden=True))


def _whole(paths: Iterable[str]) -> list[str]:
  """Paths, sorted, without those of files that are being written.

  Nor those of files that tell something of others.
  """
  return sorted(
    path
    for path in paths
    if temporary_names.owner(path) is None and not companion_names.is_one(path)
  )
