"""TFRecord files as input: finding, counting and checking them."""

import contextlib
import dataclasses
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.records import record_counts
from bert_tf.system import error_text, files

_HEADER = 12  # length, uint64 little-endian, and its checksum
_GZIP = b"\x1f\x8b"
_FOOTER = 4  # checksum of the data


@dataclasses.dataclass(frozen=True)
class RecordFiles:
  """Record files in the order given.

  Attributes:
    paths: The files.
    counts: Records of each.
  """

  paths: tuple[str, ...]
  counts: tuple[int, ...]

  @property
  def total(self) -> int:
    """Records of all files."""
    return sum(self.counts)


def find(patterns: str | Sequence[str]) -> RecordFiles:
  """Finds and counts record files.

  Only the lengths of the records are read, not the records.

  Args:
    patterns: As of `files.expand`.

  Raises:
    FileNotFoundError: A pattern matches nothing.
    ValueError: A file is no TFRecord file or ends within a record, or there
      is no record at all.
  """
  paths = files.expand(patterns)
  found = RecordFiles(tuple(paths), tuple(map(count_records, paths)))
  if not found.total:
    raise ValueError(f"no records in {', '.join(paths)}")
  return found


def count_records(path: str) -> int:
  """Counts the records of one file by hopping from length to length.

  Of a remote file, the count beside it is taken: `records.record_counts`.

  Raises:
    ValueError: The file ends within a record; the message tells which.
  """
  if files.is_folder(path):
    raise ValueError(f"{path} is a folder, not a TFRecord file")
  size = files.size(path)
  told = record_counts.read(path, size)
  if told is not None:
    return told
  count, offset = 0, 0
  with _open(path) as file:
    if file.read(2) == _GZIP:
      raise ValueError(
        f"{path} is compressed by gzip; expected plain TFRecords: decompress "
        "it (gunzip), under a name without .gz"
      )
    file.seek(0)
    while offset < size:
      header = file.read(_HEADER)
      end = offset + _HEADER + _FOOTER
      if len(header) == _HEADER:
        end += struct.unpack("<Q", header[:8])[0]
      if len(header) < _HEADER or end > size:
        raise ValueError(
          f"{path}: record {count} at byte {offset} goes on to byte {end}, the "
          f"file ends at {size}: it is truncated or no TFRecord file"
        )
      offset = end
      file.seek(offset)
      count += 1
  return count


def _open(path: str) -> Any:
  if files.is_remote(path):
    return files.open_file(path)
  return open(path, "rb", buffering=_HEADER)


def check_lengths(
  record_files: RecordFiles, lengths: Mapping[str, int]
) -> None:
  """Checks that the first record of each file has features of these lengths.

  Raises:
    ValueError: It has not; the message names file, feature, what was found
      and what to do.
  """
  for path, count in zip(record_files.paths, record_files.counts, strict=True):
    if count:
      _check_first_record(path, lengths)


def _check_first_record(path: str, lengths: Mapping[str, int]) -> None:
  try:
    data = next(iter(tf.data.TFRecordDataset(path).take(1))).numpy()
    example = tf.train.Example.FromString(data)
  except Exception as error:  # DataLossError, or protobuf's DecodeError
    raise ValueError(
      f"{path}: the first record is damaged or no tf.Example: "
      f"{error_text.plain(error)}"
    ) from error
  features = example.features.feature
  for name, length in lengths.items():
    if name not in features:
      raise ValueError(
        f"{path}: its records have no feature {name!r}; they have "
        f"{', '.join(sorted(features)) or 'none'}"
      )
    feature = features[name]
    found = len(feature.int64_list.value) or len(feature.float_list.value)
    if found != length:
      raise ValueError(
        f"{path}: feature {name!r} has {found} values, expected {length}; "
        "give max_seq_length and max_predictions_per_seq as the records were "
        "made with"
      )


@contextlib.contextmanager
def reading(record_files: RecordFiles) -> Iterator[None]:
  """Turns TensorFlow's errors about records into plain ones.

  Raises:
    ValueError: A record is damaged, or failed a check of the pipeline; the
      message names the file or what was found.
  """
  try:
    yield
  except tf.errors.DataLossError as error:
    raise ValueError(_find_damage(record_files)) from error
  except tf.errors.InvalidArgumentError as error:
    failed = re.search(r"assertion failed: \[(.*?)\] \[(.*?)\]", str(error))
    if failed:
      raise ValueError(f"{failed[1]} {failed[2]}") from error
    if "parse" in str(error).lower():
      raise ValueError(
        f"{_find_odd(record_files)}: {error_text.plain(error)}"
      ) from error
    raise


def _find_odd(record_files: RecordFiles) -> str:
  """Reads all files to name the record that is unlike the first."""
  expected = None
  for path in record_files.paths:
    for index, data in enumerate(tf.data.TFRecordDataset(path)):
      found = _lengths(data.numpy())
      expected = expected or found
      if found != expected:
        return (
          f"{path}: record {index} has {_told(found)}; expected "
          f"{_told(expected)}, as in the first; make the files again"
        )
  return f"{', '.join(record_files.paths)}: a record is not as expected"


def _lengths(data: bytes) -> dict[str, int]:
  """How many values each feature of a record has; none if it is damaged."""
  try:
    example = tf.train.Example.FromString(data)
  except Exception:  # protobuf's DecodeError, which is not public
    return {}
  return {
    name: sum(
      len(getattr(feature, kind).value)
      for kind in ("int64_list", "float_list", "bytes_list")
    )
    for name, feature in sorted(example.features.feature.items())
  }


def _told(lengths: Mapping[str, int]) -> str:
  told = ", ".join(f"{count} {name}" for name, count in lengths.items())
  return told or "no features (it is no tf.Example)"


def _find_damage(record_files: RecordFiles) -> str:
  """Reads all files to name the damaged one."""
  for path in record_files.paths:
    count = 0
    try:
      for _ in tf.data.TFRecordDataset(path):
        count += 1
    except tf.errors.DataLossError as error:
      return (
        f"{path}: record {count} is damaged ({error_text.plain(error)}); make "
        "the file again"
      )
  return "a record was damaged when it was read, and no longer is"
