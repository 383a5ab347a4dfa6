"""TFRecord files, written without TensorFlow; whole or not at all.

A file is a row of records (tensorflow/core/lib/io/record_writer.h), each:

  uint64   length of the data, little-endian
  uint32   masked CRC-32C of these 8 bytes
  bytes    data
  uint32   masked CRC-32C of the data
"""

import contextlib
import os
import types
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, crc32c, jit
from bert_tf.system import output_files

Bytes = npt.NDArray[np.uint8]
Int64s = npt.NDArray[np.int64]

_LENGTH_BYTES = 8
_CRC_BYTES = 4
HEAD_BYTES = _LENGTH_BYTES + _CRC_BYTES
FRAME_BYTES = HEAD_BYTES + _CRC_BYTES


@jit.compiled
def seal(out: Bytes, at: int, size: int) -> int:
  """Puts what a file has around a record of `size` bytes.

  Args:
    out: has the record at `out[at + HEAD_BYTES:]`.
    at: where what precedes it starts.
    size: of the record alone.

  Returns:
    Where the next record may start.
  """
  byte_buffer.put_number(out, at, size, _LENGTH_BYTES)
  crc = crc32c.masked(out, at, at + _LENGTH_BYTES)
  at = byte_buffer.put_number(out, at + _LENGTH_BYTES, crc, _CRC_BYTES)
  crc = crc32c.masked(out, at, at + size)
  return byte_buffer.put_number(out, at + size, crc, _CRC_BYTES)


@jit.allocating
def _frame(data: Bytes, starts: Int64s) -> Bytes:
  """Returns the records as they stand in a file; see `write_many`."""
  count = len(starts) - 1
  out = np.empty(starts[count] - starts[0] + count * FRAME_BYTES, np.uint8)
  at = 0
  for i in range(count):
    record = data[starts[i] : starts[i + 1]]
    byte_buffer.put_bytes(out, at + HEAD_BYTES, record)
    at = seal(out, at, len(record))
  return out


class RecordWriter:
  """Writes a TFRecord file as `output_files` does: whole or not at all.

  Use it in a `with` statement: the file takes its name at the end of the block;
  if the block fails nothing is left, and a file of that name stays as it was.

    with record_writer.RecordWriter(path) as writer:
      writer.write(features.encode_example({"label_ids": [1]}))

  Attributes:
    path: the file's name.
    record_count: records written so far.
    size: bytes written so far.
  """

  def __init__(self, path: str | os.PathLike[str]):
    """Makes the directory if it is missing, and opens the temporary file.

    Args:
      path: a local path, or one with a scheme ("gs://...").

    Raises:
      IsADirectoryError: `path` is a directory.
      OSError: the directory cannot be made or written to.
    """
    self.path = os.fspath(path)
    self.record_count = 0
    self.size = 0
    check_is_no_directory(self.path)
    self._output = output_files.Output(self.path)

  def write(self, record: bytes) -> None:
    """Writes one record."""
    data = np.frombuffer(record, np.uint8)
    self.write_many(data, np.array([0, len(data)], np.int64))

  def write_many(self, data: Bytes, starts: Int64s) -> None:
    """Writes many records.

    Args:
      data: their bytes, one after the other.
      starts: where each starts in `data`, and where the last one ends.
        int64 [records + 1]
    """
    self.write_sealed(_frame(data, starts), len(starts) - 1)

  def write_sealed(self, data: Bytes, count: int) -> None:
    """Writes `count` records that have been through `seal`, gapless."""
    self._output.write(data.data)
    self.record_count += count
    self.size += len(data)

  def close(self) -> None:
    """Completes the temporary file."""
    self._output.close()

  def publish(self) -> None:
    """Gives the file its name."""
    self._output.commit()

  def discard(self) -> None:
    """Removes the temporary file; a file of the final name stays as it was."""
    self._output.discard()

  def __enter__(self) -> Self:
    return self

  def __exit__(
    self,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: types.TracebackType | None,
  ) -> None:
    _finish([self], failed=kind is not None)


@contextlib.contextmanager
def open_all(
  paths: Sequence[str | os.PathLike[str]],
) -> Iterator[list[RecordWriter]]:
  """Opens several files that appear together, or not at all.

  Yields:
    A writer for each path. No file takes its name before all are complete.

  Raises:
    OSError: as `RecordWriter`.
  """
  writers: list[RecordWriter] = []
  try:
    for path in paths:
      writers.append(RecordWriter(path))
    yield writers
  except BaseException:
    _finish(writers, failed=True)
    raise
  _finish(writers, failed=False)


def _finish(writers: Sequence[RecordWriter], failed: bool) -> None:
  """Publishes all files, or removes what is left of them."""
  try:
    if not failed:
      for writer in writers:
        writer.close()
      for writer in writers:
        writer.publish()
  except BaseException:
    failed = True
    raise
  finally:
    if failed:
      for writer in writers:
        writer.discard()


def check_is_no_directory(path: str) -> None:
  """Raises IsADirectoryError if `path` cannot be a file for that reason."""
  if os.path.isdir(path) or path.endswith(("/", os.sep)):
    raise IsADirectoryError(
      f"{path!r} is a directory, expected the name of a file to write, such as "
      f"{os.path.join(path, 'data.tfrecord')!r}"
    )
