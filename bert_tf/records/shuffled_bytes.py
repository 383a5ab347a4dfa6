"""Strings of bytes that are read in another order than they are made in.

They are kept in memory up to a limit, then in a temporary file. To bring a file
into order without reading it here and there, its strings are dealt out first to
parts of the final order, in a second file; each part fits into memory.
"""

import os
from collections.abc import Iterator
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, jit
from bert_tf.records import spill_files

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class ShuffledBytes:
  """Keeps strings of bytes until their order is known.

  Use it in a `with` statement, which removes the temporary file.

  Attributes:
    count: how many there are.
  """

  def __init__(
    self,
    folder: str | None,
    memory: int = 96 << 20,
    large: int = spill_files.LARGE,
  ):
    """Starts with none.

    Args:
      folder: where to put temporary files; None for the system's.
      memory: strings are kept in memory up to so many bytes.
      large: as of `spill_files`, for what is noted of the strings.
    """
    self.count = 0
    self._folder = folder
    self._large = large
    self._memory = np.empty(memory, np.uint8)  # Takes none until it is filled.
    self._used = 0
    self._sizes = spill_files.Spool(np.int32, folder, large)
    self._file: IO[bytes] | None = None

  def __enter__(self) -> Self:
    return self

  def __exit__(self, *_: object) -> None:
    if self._file is not None:
      self._file.close()

  def reserve(self, size: int) -> Bytes:
    """Returns room for so many bytes, to be filled and added."""
    if self._used and self._used + size > len(self._memory):
      self._spill()
    if size > len(self._memory):
      self._memory = np.empty(size, np.uint8)
    return self._memory[self._used : self._used + size]

  def add(self, sizes: Int32s) -> None:
    """Adds strings that were put at the start of the room reserved last.

    Args:
      sizes: of each; they follow without a gap. int32 [N]
    """
    self._used += int(np.sum(sizes, dtype=np.int64))
    self._sizes.add(sizes)
    self.count += len(sizes)

  def rest(self) -> None:
    """Uses little memory until strings are added or read again."""
    if self._file is not None:
      self._spill()
      self._memory = np.empty(len(self._memory), np.uint8)
      spill_files.forget(self._sizes.finish())

  def _spill(self) -> None:
    if self._file is None:
      self._file = spill_files.temporary_file(self._folder)
    with spill_files.named(self._folder):
      self._file.write(self._memory[: self._used].data)
      self._file.flush()
    self._used = 0

  def get(self, number: int) -> Bytes:
    """Returns one string."""
    sizes = self._sizes.finish()
    begin = int(np.sum(sizes[:number], dtype=np.int64))
    end = begin + int(sizes[number])
    spill_files.forget(sizes)
    if self._file is None:
      return self._memory[begin:end].copy()
    self._spill()
    self._file.seek(begin)
    data = self._file.read(end - begin)
    self._file.seek(0, os.SEEK_END)
    return np.frombuffer(data, np.uint8)

  def shuffled(self, order: Int32s) -> Iterator[tuple[Bytes, Int64s]]:
    """Yields all strings in order, part by part; they cannot be added to.

    Args:
      order: the number of the string that comes first, second, ... [count]

    Yields:
      For each part: bytes that have its strings, in some order, and where each
      starts in them. int64 [N]
    """
    sizes = self._sizes.finish()
    if self._file is None:
      ends = np.cumsum(sizes, dtype=np.int64)
      yield self._memory, (ends - sizes)[order]
      return
    self._spill()
    parts = -(-2 * self._file.tell() // len(self._memory))
    size = -(-self.count // parts)  # Of a part, in strings.
    part_of = spill_files.empty(self.count, np.int32, self._folder, self._large)
    _find_parts(order, size, part_of)
    spill_files.forget(order, part_of)
    with spill_files.temporary_file(self._folder) as dealt:
      begins = self._deal(self._file, dealt, sizes, part_of, parts)
      self._file.close()
      for part, begin in enumerate(begins):
        chosen = order[part * size : (part + 1) * size]
        # Those of a part were dealt in order of their numbers.
        by_number = np.argsort(chosen)
        of_part = sizes[chosen]
        ends = np.cumsum(of_part[by_number], dtype=np.int64)
        starts = np.empty(len(chosen), np.int64)
        starts[by_number] = ends - of_part[by_number]
        dealt.seek(begin)
        data = self._read(dealt, int(np.sum(of_part)))
        spill_files.release(dealt, begin, dealt.tell())
        spill_files.forget(order, sizes)
        yield data, starts

  def _read(self, file: IO[bytes], size: int) -> Bytes:
    """Reads bytes into the memory that the strings no longer need."""
    if size > len(self._memory):
      self._memory = np.empty(size, np.uint8)
    data = self._memory[:size]
    file.readinto(data.data)  # type: ignore[attr-defined]
    return data

  def _deal(
    self,
    file: IO[bytes],
    dealt: IO[bytes],
    sizes: Int32s,
    part_of: Int32s,
    parts: int,
  ) -> list[int]:
    """Copies strings from one file to another, part by part.

    Returns:
      Where each part begins.
    """
    totals = np.zeros(parts, np.int64)
    _add_sizes(part_of, sizes, totals)
    begins = np.cumsum(totals) - totals
    at = begins.copy()
    room = np.empty(len(self._memory) // 8, np.uint8)
    first = 0
    file.seek(0)
    while first < len(sizes):
      last, size = _fitting(sizes, first, len(room))
      if size > len(room):
        room = np.empty(size, np.uint8)
      data = self._read(file, size)
      spill_files.release(file, file.tell() - size, file.tell())
      chosen = part_of[first:last]
      totals = np.zeros(parts, np.int64)
      _add_sizes(chosen, sizes[first:last], totals)
      ends = np.cumsum(totals)
      _group(data, sizes[first:last], chosen, ends - totals, room)
      for part in np.flatnonzero(totals):
        with spill_files.named(self._folder):
          dealt.seek(at[part])
          dealt.write(room[ends[part] - totals[part] : ends[part]].data)
      at += totals
      spill_files.forget(sizes, part_of)
      first = last
    return [int(begin) for begin in begins]


@jit.compiled
def _find_parts(order: Int32s, size: int, part_of: Int32s) -> None:
  """Fills in for each string the part of the order that it is in."""
  for rank in range(len(order)):
    part_of[order[rank]] = rank // size


@jit.compiled
def _add_sizes(part_of: Int32s, sizes: Int32s, totals: Int64s) -> None:
  """Adds the size of each string to the total of its part."""
  for i in range(len(sizes)):
    totals[part_of[i]] += sizes[i]


@jit.compiled
def _fitting(sizes: Int32s, first: int, room: int) -> tuple[int, int]:
  """Returns the end and size of strings from `first` on that fit; one does."""
  last, size = first, 0
  while last < len(sizes) and (last == first or size + sizes[last] <= room):
    size += sizes[last]
    last += 1
  return last, size


@jit.compiled
def _group(
  data: Bytes, sizes: Int32s, part_of: Int32s, at: Int64s, out: Bytes
) -> None:
  """Copies strings that follow one another to where their parts are."""
  begin = 0
  for i in range(len(sizes)):
    part = part_of[i]
    at[part] = byte_buffer.copy(data, begin, sizes[i], out, at[part])
    begin += sizes[i]
