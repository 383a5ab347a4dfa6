"""Instances to records, as they stand in a file.

The same bytes as `features.encode_examples` and `RecordWriter` give for padded
arrays, without the arrays: most of a record is padding or the same in each.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, jit
from bert_tf.records import example_bytes, record_writer, shuffled_bytes
from bert_tf.tasks.pretraining import packed_instances

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

# In the order in which they are recorded, which is that of the names.
NAMES = (
  "input_ids",
  "input_mask",
  "masked_lm_ids",
  "masked_lm_positions",
  "masked_lm_weights",
  "next_sentence_labels",
  "segment_ids",
)
_TAIL_BYTES = record_writer.FRAME_BYTES - record_writer.HEAD_BYTES
_IS_FLOAT = tuple(name == "masked_lm_weights" for name in NAMES)


class Layout(NamedTuple):
  """What is the same in all records.

  Attributes:
    max_seq_length: the width to which tokens are padded.
    max_predictions: the width to which masks are padded.
    names: of all features, one after the other. uint8
    name_ends: where each ends. int64 [7]
    is_float: which features are. bool [7]
    one: the bytes of 1.0. uint8 [4]
  """

  max_seq_length: int
  max_predictions: int
  names: Bytes
  name_ends: npt.NDArray[np.int64]
  is_float: npt.NDArray[np.bool_]
  one: Bytes


def layout(max_seq_length: int, max_predictions: int) -> Layout:
  """Returns the layout of records of those widths."""
  names = [name.encode() for name in NAMES]
  return Layout(
    max_seq_length,
    max_predictions,
    names=np.frombuffer(b"".join(names), np.uint8),
    name_ends=np.cumsum([len(name) for name in names]),
    is_float=np.array(_IS_FLOAT),
    one=np.array([1], "<f4").view(np.uint8),
  )


def write(
  packed: shuffled_bytes.ShuffledBytes,
  order: Int32s,
  layout: Layout,
  writers: Sequence[record_writer.RecordWriter],
  batch_size: int = 512,
) -> Iterator[int]:
  """Writes all instances: the first to the first file, and so on, in turn.

  Args:
    packed: by `packed_instances`.
    order: the number of the instance that comes first, second, ... [count]
    layout: of the records.
    writers: of the files.
    batch_size: records encoded at once; so many stay in the processor's cache.

  Yields:
    How many were written since last time.
  """
  done = 0
  out = np.empty(batch_size * _largest_record(layout), np.uint8)
  for data, starts in packed.shuffled(order):
    for index, writer in enumerate(writers):
      mine = starts[(index - done) % len(writers) :: len(writers)]
      for at in range(0, len(mine), batch_size):
        batch = mine[at : at + batch_size]
        size = _encode(data, batch, layout, out)
        writer.write_sealed(out[:size], len(batch))
        yield len(batch)
    done += len(starts)


def example(packed: Bytes, layout: Layout) -> bytes:
  """Returns the tf.Example of one instance."""
  out = np.empty(_largest_record(layout), np.uint8)
  size = _encode(packed, np.zeros(1, np.int64), layout, out)
  return out[record_writer.HEAD_BYTES : size - _TAIL_BYTES].tobytes()


def _largest_record(layout: Layout) -> int:
  """Returns more bytes than any record has."""
  ids = layout.max_seq_length + 2 * layout.max_predictions
  constant = 2 * layout.max_seq_length + 4 * layout.max_predictions + 1
  headers = len(layout.names) + 40 * (len(NAMES) + 1)
  return ids * example_bytes.MOST_ID_BYTES + constant + headers


@jit.compiled
def _encode(data: Bytes, starts: Int64s, layout: Layout, out: Bytes) -> int:
  """Writes the records of some instances; returns their end."""
  at = 0
  for start in starts:
    begin = at + record_writer.HEAD_BYTES
    end = _put_example(data, start, layout, out, begin)
    at = record_writer.seal(out, at, end - begin)
  return at


@jit.inlined
def _put_example(
  data: Bytes, start: int, layout: Layout, out: Bytes, at: int
) -> int:
  """Writes the tf.Example of the instance at `start`; returns its end."""
  size = packed_instances.number(data, start, packed_instances.TOKENS)
  second = packed_instances.number(data, start, packed_instances.SECOND)
  is_random = packed_instances.number(data, start, packed_instances.IS_RANDOM)
  masks = packed_instances.number(data, start, packed_instances.MASKS)
  ids = packed_instances.number(data, start, packed_instances.TOKEN_BYTES)
  labels = packed_instances.number(data, start, packed_instances.LABEL_BYTES)
  places = packed_instances.number(data, start, packed_instances.POSITION_BYTES)
  length, most = layout.max_seq_length, layout.max_predictions
  packed = (
    ids + length - size,
    length,
    labels + most - masks,
    places + most - masks,
    most * example_bytes.FLOAT_BYTES,
    1,
    length,
  )
  total = 0
  for i in range(len(packed)):
    key = layout.name_ends[i] - (layout.name_ends[i - 1] if i else 0)
    total += example_bytes.field_size(example_bytes.entry_size(key, packed[i]))
  start += packed_instances.HEAD_BYTES
  at = example_bytes.put_header(out, at, example_bytes.FIELD_1, total)
  at = _put_entry(out, at, layout, 0, packed[0])
  at = byte_buffer.copy(data, start, ids, out, at)
  at = _fill(out, at, 0, length - size)
  at = _put_entry(out, at, layout, 1, packed[1])
  at = _fill(out, at, 1, size)
  at = _fill(out, at, 0, length - size)
  at = _put_entry(out, at, layout, 2, packed[2])
  at = byte_buffer.copy(data, start + ids, labels, out, at)
  at = _fill(out, at, 0, most - masks)
  at = _put_entry(out, at, layout, 3, packed[3])
  at = byte_buffer.copy(data, start + ids + labels, places, out, at)
  at = _fill(out, at, 0, most - masks)
  at = _put_entry(out, at, layout, 4, packed[4])
  for _ in range(masks):
    at = byte_buffer.put_bytes(out, at, layout.one)
  at = _fill(out, at, 0, (most - masks) * example_bytes.FLOAT_BYTES)
  at = _put_entry(out, at, layout, 5, packed[5])
  at = _fill(out, at, is_random, 1)
  at = _put_entry(out, at, layout, 6, packed[6])
  at = _fill(out, at, 0, second)
  at = _fill(out, at, 1, size - second)
  return _fill(out, at, 0, length - size)


@jit.compiled
def _put_entry(
  out: Bytes, at: int, layout: Layout, index: int, packed: int
) -> int:
  """Writes a feature up to its numbers; returns where they start."""
  begin = layout.name_ends[index - 1] if index else 0
  name = layout.names[begin : layout.name_ends[index]]
  is_float = layout.is_float[index]
  return example_bytes.put_entry(out, at, name, is_float, packed)


@jit.inlined
def _fill(out: Bytes, at: int, value: int, count: int) -> int:
  """Writes a byte `count` times; returns their end."""
  for i in range(count):
    out[np.uint64(at + i)] = value
  return at + count
