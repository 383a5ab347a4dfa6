"""The lock of an output folder: one training writes into it at a time.

`run.lock` names the process that trains. The file is also locked as the system
locks files, so that what a killed run left is told from a run that goes on,
in other containers of the same machine too. A run touches its lock every half
minute; one of another machine that has not been touched for ten minutes is that
of a dead run.
"""

import contextlib
import dataclasses
import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from absl import logging

from bert_tf.system import files, process_identity, write_errors

FILE = "run.lock"
_TOUCH_SECONDS = 30.0
_DEAD_SECONDS = 600.0
_BOOT = "/proc/sys/kernel/random/boot_id"
# What file systems without such locks answer.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF)


def check(folder: str) -> None:
  """Checks that no other training writes into a folder; writes nothing.

  Raises:
    RuntimeError: One does, or may; the message says which and what to do.
  """
  path = os.path.join(folder, FILE)
  if files.is_remote(folder) or not os.path.exists(path):
    return
  try:
    descriptor = os.open(path, os.O_RDWR)
  except FileNotFoundError:
    return
  try:
    # Shared: workers that start together all look, and none is refused.
    _check_free(path, descriptor, fcntl.LOCK_SH)
  finally:
    os.close(descriptor)


@contextlib.contextmanager
def holding(folder: str, owns: bool = True) -> Iterator[None]:
  """Owns a folder until the end of the block, however it ends.

  A lock that a dead run left is taken over, which is logged; if the run was on
  another machine, after ten minutes. Folders in buckets have no locks, which
  is logged: one that a lost machine left would hold up the one in its place.

  Args:
    folder: The output folder, made if it is missing.
    owns: Whether this process writes into it; of several workers one does.

  Raises:
    RuntimeError: As of `check`.
    OSError: The lock cannot be written; the message names it and the reason.
  """
  if not owns or files.is_remote(folder):
    if owns:
      logging.info(
        "output_dir %s: a folder in a bucket is not locked; let one training "
        "at a time write there",
        folder,
      )
    yield
    return
  path = os.path.join(folder, FILE)
  with write_errors.named(path):
    os.makedirs(folder, exist_ok=True)
  descriptor = _take(path)
  is_over = threading.Event()
  toucher = threading.Thread(
    target=_touch, args=(descriptor, is_over), daemon=True
  )
  toucher.start()
  try:
    yield
  finally:
    is_over.set()
    toucher.join()
    with contextlib.suppress(OSError):
      os.remove(path)
    os.close(descriptor)


def _touch(descriptor: int, is_over: threading.Event) -> None:
  """Shows other machines that the run goes on, until it is over."""
  while not is_over.wait(_TOUCH_SECONDS):
    with contextlib.suppress(OSError):
      os.utime(descriptor)


def _take(path: str) -> int:
  """Opens and locks the file; returns its descriptor."""
  while True:
    with write_errors.named(path):
      descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
      before = _check_free(path, descriptor)
      if not _is_at(path, descriptor):  # removed since, by its owner
        os.close(descriptor)
        continue
      if before is not None:
        logging.warning(
          "%s: taking over from process %s on %s, which is no longer running",
          path,
          before.get("pid"),
          before.get("host"),
        )
      with write_errors.named(path):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(_own()).encode() + b"\n", 0)
      return descriptor
    except BaseException:
      os.close(descriptor)
      raise


def _check_free(
  path: str, descriptor: int, how: int = fcntl.LOCK_EX
) -> dict[str, Any] | None:
  """Locks the file if it can; returns what a dead run has left in it.

  Raises:
    RuntimeError: Another run has it.
  """
  try:
    fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    has_locks = True
  except BlockingIOError:
    raise _in_use(path, _read(descriptor)) from None
  except OSError as error:
    if error.errno not in _NO_LOCKS:
      raise
    has_locks = False
  before = _read(descriptor)
  if before is None:
    return None
  owner = process_identity.Process(
    str(before.get("host")), _number(before, "pid"), _number(before, "start")
  )
  is_same_machine = before.get("boot") == _boot() != ""
  if not (owner.is_of_this_host() or is_same_machine):
    silent = time.time() - os.fstat(descriptor).st_mtime
    if silent > _DEAD_SECONDS:
      return before
    raise RuntimeError(
      f"output_dir {os.path.dirname(path)} is locked by a training on another "
      f"machine, {owner.host} (process {owner.pid}, since "
      f"{before.get('since')}), which touched the lock {max(silent, 0):.0f} "
      f"seconds ago; if that run is over, remove {path}, or try again after "
      f"{_DEAD_SECONDS / 60:.0f} minutes without a touch"
    )
  if not has_locks and owner.is_of_this_host() and owner.is_alive():
    raise _in_use(path, before)
  return before


def _in_use(path: str, found: dict[str, Any] | None) -> RuntimeError:
  told = found or {}
  return RuntimeError(
    f"output_dir {os.path.dirname(path)} is in use by another training "
    f"(process {told.get('pid', 'unknown')} on {told.get('host', 'this host')},"
    f" since {told.get('since', 'now')}); wait for it or end it, or take "
    "another output_dir"
  )


def _own() -> dict[str, Any]:
  since = time.strftime("%Y-%m-%d %H:%M:%S %z")
  own = dataclasses.asdict(process_identity.here())
  return own | {"boot": _boot(), "since": since}


def _boot() -> str:
  """Tells one run of the machine's kernel from all others; "" if unknown."""
  try:
    with open(_BOOT) as file:
      return file.read().strip()
  except OSError:
    return ""


def _read(descriptor: int) -> dict[str, Any] | None:
  """What the file holds; None for nothing, or nothing readable."""
  try:
    found = json.loads(os.pread(descriptor, 4096, 0))
  except (OSError, ValueError):
    return None
  return found if isinstance(found, dict) else None


def _number(found: dict[str, Any], name: str) -> int:
  value = found.get(name)
  return value if isinstance(value, int) else 0


def _is_at(path: str, descriptor: int) -> bool:
  """Whether a path still names the file that is open."""
  try:
    return os.path.samestat(os.stat(path), os.fstat(descriptor))
  except FileNotFoundError:
    return False
