"""Arrays to a file of records, an example a row."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy.typing as npt

from bert_tf.records import example_encoder, record_writer


def write(path: str, batches: Iterable[Mapping[str, npt.NDArray[Any]]]) -> int:
  """Writes batches of examples; the file appears whole or not at all.

  Args:
    path: The record file; while it is written, the one before can be read.
    batches: Arrays [B, ...] by the names of features, B of each batch its own.
      What is behind the first axis is recorded flat.

  Returns:
    The number of examples.
  """
  count = 0
  with record_writer.RecordWriter(path) as writer:
    for batch in batches:
      flat = {name: x.reshape(len(x), -1) for name, x in batch.items()}
      writer.write_many(*example_encoder.encode_examples(flat))
      count += len(next(iter(flat.values())))
  return count
