"""How many records a remote file has, in a small file beside it.

To count records, all of a file is gone through: here that takes no time, but
from a store it would mean to fetch most of it. What is beside the file is
trusted if the file has the size that it tells.
"""

import dataclasses
import json

from absl import logging

from bert_tf.system import companion_names, files, output_files


@dataclasses.dataclass(frozen=True)
class RecordCount:
  """What is told of a record file.

  Attributes:
    records: records in it.
    bytes: its size.
  """

  records: int
  bytes: int


def write(path: str, records: int, size: int) -> None:
  """Tells, beside a remote file, what it holds; beside a local one nothing.

  Args:
    path: the record file.
    records: records in it.
    size: its bytes.

  Raises:
    OSError: it cannot be written.
  """
  if _is_in_store(path):
    text = json.dumps(dataclasses.asdict(RecordCount(records, size)))
    output_files.write_atomically(
      companion_names.of_records(path), text.encode()
    )


def read(path: str, size: int) -> int | None:
  """Returns the number of records that is told beside a remote file.

  Args:
    path: the record file.
    size: its bytes.

  Returns:
    None where nothing is told, or it is of another file; a warning says so.
  """
  name = companion_names.of_records(path)
  if not _is_in_store(path) or not files.exists(name):
    return None
  try:
    told = RecordCount(**files.read_json(name))
  except (ValueError, TypeError) as error:
    logging.warning("%s: %s; the records are counted", name, error)
    return None
  if (told.bytes, type(told.records)) != (size, int):
    logging.warning(
      "%s is of a file of %s bytes, but %s has %d: its records are counted, "
      "which reads the file",
      name,
      told.bytes,
      path,
      size,
    )
    return None
  return told.records


def _is_in_store(path: str) -> bool:
  """Whether a path has a scheme, but that of the local disk."""
  return files.is_remote(path) and not path.startswith("file://")
