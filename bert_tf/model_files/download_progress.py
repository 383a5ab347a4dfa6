"""What a download shows: a bar on a terminal, else a line now and then."""

import sys
import time
from types import TracebackType
from typing import Any, Self

import tqdm
from absl import logging

_SECONDS = 10.0
_MIB = 1 << 20


class Progress:
  """Shows how far one file has come.

  Args:
    name: The file.
  """

  def __init__(self, name: str):
    self._name = name
    self._bar: Any = None
    self._total: int | None = None
    self._shown = time.monotonic()

  def __enter__(self) -> Self:
    return self

  def __exit__(
    self,
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
  ) -> None:
    if self._bar is not None:
      self._bar.close()

  def start(self, have: int, total: int | None) -> None:
    """A connection brings the bytes after `have`, of `total` if known."""
    self._total = total
    size = f"{total / _MIB:.1f} MiB" if total else "size unknown"
    rest = f", from byte {have}" if have else ""
    logging.info("downloading %s (%s)%s", self._name, size, rest)
    if sys.stderr.isatty():
      if self._bar is not None:
        self._bar.close()
      self._bar = tqdm.tqdm(
        total=total, initial=have, unit="B", unit_scale=True, desc=self._name
      )

  def reach(self, have: int) -> None:
    """So many bytes are there."""
    if self._bar is not None:
      self._bar.update(have - self._bar.n)
    elif time.monotonic() - self._shown >= _SECONDS:
      self._shown = time.monotonic()
      share = f" of {self._total / _MIB:.1f}" if self._total else ""
      logging.info("%s: %.1f%s MiB", self._name, have / _MIB, share)
