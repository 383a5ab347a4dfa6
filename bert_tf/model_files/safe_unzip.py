"""Unpacking a zip that one does not know."""

import errno
import os
import re
import stat
import struct
import zipfile
import zlib

from bert_tf.system import write_errors

_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises where bytes are not as they should be.
_DAMAGE = (
  zipfile.BadZipFile,
  zlib.error,
  struct.error,
  EOFError,
  NotImplementedError,
  OverflowError,
  ValueError,
)
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


class UnsafeZipError(ValueError):
  """A zip has members that must not be written."""


class DamagedZipError(ValueError):
  """A file is not a zip, or not a whole one."""


def unpack(path: str, folder: str, max_bytes: int) -> None:
  """Unpacks a zip into a folder: plain files and folders in it, no others.

  All names are checked before anything is written, the sizes again while it
  is, since a zip may lie about them.

  Args:
    path: The zip.
    folder: Where to; it exists.
    max_bytes: Bytes of all files together, at most.

  Raises:
    UnsafeZipError: A member would leave the folder, is a link, or the like; or
      they are larger than `max_bytes`.
    DamagedZipError: It cannot be read.
  """
  try:
    with zipfile.ZipFile(path) as archive:
      members = archive.infolist()
      _check(path, members, max_bytes)
      left = max_bytes
      for member in members:
        target = os.path.join(folder, *member.filename.split("/"))
        if member.is_dir():
          os.makedirs(target, exist_ok=True)
          continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        left -= _write(archive, member, target, left)
        if left < 0:
          raise UnsafeZipError(_too_large(path, max_bytes))
  except UnsafeZipError:
    raise
  except _DAMAGE as error:
    raise DamagedZipError(
      f"{path}: not a zip that can be read: {error}"
    ) from error
  except OSError as error:
    if error.errno != errno.EINVAL:  # Of a place before the file's beginning.
      raise
    raise DamagedZipError(
      f"{path}: not a zip that can be read: it is not whole"
    ) from error


def _check(path: str, members: list[zipfile.ZipInfo], max_bytes: int) -> None:
  """Checks the names, kinds and sizes that a zip states."""
  seen = set()
  for member in members:
    name = member.filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    wrong = ""
    if _ABSOLUTE.match(name) or "\\" in name or "\0" in name:
      wrong = "is not a relative path"
    elif ".." in name.split("/"):
      wrong = "leaves the folder"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
      wrong = "is a link or a device"
    elif member.flag_bits & _ENCRYPTED:
      wrong = "is encrypted"
    elif name.rstrip("/") in seen:
      wrong = "is there twice"
    if member.compress_type not in _METHODS:
      raise DamagedZipError(
        f"{path}: the member {name!r} is compressed by the unknown method "
        f"{member.compress_type}"
      )
    if wrong:
      raise UnsafeZipError(
        f"{path}: the member {name!r} {wrong}; expected plain files only. "
        "Nothing was unpacked"
      )
    seen.add(name.rstrip("/"))
  if sum(member.file_size for member in members) > max_bytes:
    raise UnsafeZipError(_too_large(path, max_bytes))


def _write(
  archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: str, limit: int
) -> int:
  """Writes one file, and stops soon after `limit`; returns its size."""
  size = 0
  with (
    archive.open(member) as source,
    write_errors.named(target),
    open(target, "wb") as file,
  ):
    while size <= limit and (chunk := source.read(_CHUNK)):
      size += file.write(chunk)
  return size


def _too_large(path: str, max_bytes: int) -> str:
  return (
    f"{path}: its files are larger than {max_bytes >> 20} MiB together, which "
    "is more than this model has"
  )
