"""The cache of downloaded models: each whole or not there, and known again.

Below the cache directory lie, for each model, its folder, and beside it
`FOLDER.json` with size and SHA-256 of each file as they were at first. The
latter stays when the folder is removed: what is downloaded then has to be the
same. `FOLDER.lock` lets one process download while others wait.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from absl import logging

from bert_tf.model_files import download_settings, downloads
from bert_tf.system import files, output_files

_RECORD = ".json"
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
Files = Mapping[str, Mapping[str, Any]]


class Source(Protocol):
  """Where a model comes from."""

  @property
  def name(self) -> str:
    """What users call it."""

  @property
  def place(self) -> str:
    """Its folder, relative to the cache directory."""

  def fetch(
    self, work: str, settings: download_settings.DownloadSettings
  ) -> str:
    """Downloads the model.

    Args:
      work: A folder, which may have what an earlier attempt left.
      settings: Those of the download.

    Returns:
      The folder in `work` that holds the files of the model and no others.
    """


class ChangedFileError(ValueError):
  """A file of a model is not what it was at first."""


def folder(source: Source, settings: download_settings.DownloadSettings) -> str:
  """The folder of a model, downloaded if it is not there.

  Args:
    source: The model.
    settings: The cache directory, and those of the download.

  Raises:
    downloads.DownloadError: It cannot be downloaded.
    ChangedFileError: It is not what it was when it was first used.
  """
  path = os.path.join(settings.home, source.place)
  if not os.path.isdir(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with _locked(f"{path}.lock", source.name):
      if not os.path.isdir(path):  # Another process may have been first.
        _download(source, path, settings)
  check(path)
  return path


def cached(settings: download_settings.DownloadSettings) -> dict[str, int]:
  """The folders of the cache, relative to it, and the bytes of each."""
  found = {}
  for root, _, names in os.walk(settings.home):
    for name in names:
      path = os.path.join(root, name).removesuffix(_RECORD)
      if name.endswith(_RECORD) and os.path.isdir(path):
        files_of = (entry for entry in os.scandir(path) if entry.is_file())
        sizes = (entry.stat().st_size for entry in files_of)
        found[os.path.relpath(path, settings.home)] = sum(sizes)
  return dict(sorted(found.items()))


def check(path: str, thorough: bool = False) -> None:
  """Compares a model's files with what they were at first.

  Args:
    path: Its folder in the cache. If nothing is known of it, as it is now is
      kept.
    thorough: Whether to read all files; otherwise those that have another size
      or date than at first.

  Raises:
    ChangedFileError: One has changed, or is missing.
  """
  known = _read_record(path)
  if known is None:
    _write_record(path, _described(path))
    return
  for name, before in known.items():
    file = os.path.join(path, name)
    if not os.path.isfile(file):
      raise ChangedFileError(f"{file} is missing; {_anew(path)}")
    state = os.stat(file)
    is_same = (state.st_size, state.st_mtime_ns) == (
      before["size"],
      before.get("mtime_ns"),
    )
    if thorough or not is_same:
      _compare(file, before["sha256"], _anew(path))


def _download(
  source: Source, path: str, settings: download_settings.DownloadSettings
) -> None:
  """Downloads a model; the caller holds the lock."""
  work = f"{path}.part"
  os.makedirs(work, exist_ok=True)
  logging.info("%s is not in %s: downloading it", source.name, settings.home)
  found = source.fetch(work, settings)
  known = _read_record(path)
  for name, before in (known or {}).items():
    file = os.path.join(found, name)
    try:
      if not os.path.isfile(file):
        raise ChangedFileError(
          f"{source.name} has no {name} now, as it had when it was first "
          f"downloaded; {_trust(path)}"
        )
      _compare(file, before["sha256"], _trust(path))
    except ChangedFileError:
      shutil.rmtree(work)
      raise
  now = _described(found)
  _write_record(path, now)
  os.rename(found, path)
  shutil.rmtree(work, ignore_errors=True)
  total = sum(file["size"] for file in now.values())
  logging.info("%s: %d MiB in %s", source.name, total >> 20, path)


def _compare(file: str, sha256: str, advice: str) -> None:
  found = downloads.sha256(file)
  if found != sha256:
    raise ChangedFileError(
      f"{file} has the SHA-256 {found}, expected {sha256}, as when it was "
      f"first downloaded; {advice}"
    )


def _anew(path: str) -> str:
  return f"remove the folder {path} to download it anew"


def _trust(path: str) -> str:
  return (
    "what is at its address, or of the mirror, is another model now. If you "
    f"trust it, remove {path}{_RECORD}"
  )


def _described(path: str) -> Files:
  """Size, date and SHA-256 of the files of a folder, by name."""
  found = {}
  for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
    if not entry.is_file():
      continue
    state = entry.stat()
    found[entry.name] = {
      "size": state.st_size,
      "mtime_ns": state.st_mtime_ns,
      "sha256": downloads.sha256(entry.path),
    }
  return found


def _read_record(path: str) -> Files | None:
  record = f"{path}{_RECORD}"
  if not os.path.exists(record):
    return None
  try:
    found: Files = files.read_json(record)["files"]
    all(file["size"] and file["sha256"] for file in found.values())
  except (KeyError, TypeError, AttributeError, ValueError) as error:
    raise ValueError(
      f"{record} is damaged ({error}); remove it, and the checksums of the "
      "files as they are now are kept"
    ) from error
  return found


def _write_record(path: str, described: Files) -> None:
  text = json.dumps({"files": described}, indent=2, sort_keys=True) + "\n"
  try:
    output_files.write_atomically(f"{path}{_RECORD}", text.encode())
  except OSError as error:
    if error.errno not in _READ_ONLY:
      raise
    # A cache that others fill.
    logging.debug("%s: cannot keep its checksums", path)


@contextlib.contextmanager
def _locked(path: str, name: str) -> Iterator[None]:
  """Holds a lock file; it is released when the process ends, however."""
  with open(path, "ab") as lock:
    try:
      fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      logging.info("%s: waiting for another process that downloads it", name)
      fcntl.flock(lock, fcntl.LOCK_EX)
    yield
