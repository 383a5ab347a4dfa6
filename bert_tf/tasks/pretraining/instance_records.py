"""Instances to records, as they stand in a file.

The same bytes as `features.encode_examples` and `RecordWriter` give for padded
arrays, without the arrays: most of a record is padding or the same in each.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.data import (
  byte_buffer,
  compiled,
  example_bytes,
  record_writer,
  shuffled_records,
)
from bert_tf.tasks.pretraining import instance_kernel

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]

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
    tables: `record_writer.TABLES`.
  """

  max_seq_length: int
  max_predictions: int
  names: Bytes
  name_ends: npt.NDArray[np.int64]
  is_float: npt.NDArray[np.bool_]
  one: Bytes
  tables: record_writer.Tables


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
    tables=record_writer.TABLES,
  )


def add_all(
  store: instance_kernel.Store,
  layout: Layout,
  records: shuffled_records.ShuffledRecords,
) -> None:
  """Adds the instances of a store to the records."""
  sizes = np.empty(store.used[0], np.int32)
  out = records.reserve(len(sizes) * _largest_record(layout))
  _encode(store, layout, out, sizes)
  records.add(sizes)


def _largest_record(layout: Layout) -> int:
  """Returns more bytes than any record has."""
  most_varint, ids = 5, layout.max_seq_length + 2 * layout.max_predictions
  constant = 2 * layout.max_seq_length + 4 * layout.max_predictions + 1
  headers = len(layout.names) + 40 * (len(NAMES) + 1)
  return ids * most_varint + constant + headers


@compiled.compiled
def _encode(
  store: instance_kernel.Store, layout: Layout, out: Bytes, sizes: Int32s
) -> None:
  """Fills `out` and `sizes`."""
  at, token, mask = 0, 0, 0
  for number in range(store.used[0]):
    begin = at
    at += record_writer.HEAD_BYTES
    tokens = store.tokens[token : store.token_ends[number]]
    labels = store.labels[mask : store.mask_ends[number]]
    positions = store.positions[mask : store.mask_ends[number]]
    instance = (tokens, labels, positions)
    facts = (store.segment_b[number], store.is_random_next[number])
    at = _put_instance(out, at, instance, facts, layout)
    size = at - begin - record_writer.HEAD_BYTES
    at = record_writer.seal(out, begin, size, layout.tables)
    sizes[number] = at - begin
    token, mask = store.token_ends[number], store.mask_ends[number]


@compiled.compiled
def _put_instance(
  out: Bytes,
  at: int,
  instance: tuple[Int32s, Int32s, Int32s],
  facts: tuple[int, int],
  layout: Layout,
) -> int:
  """Writes one tf.Example; returns its end.

  Args:
    out: where to.
    at: its start.
    instance: tokens, labels and positions.
    facts: where the second segment starts; whether it is a random one.
    layout: what is the same in all.
  """
  tokens, labels, positions = instance
  second, is_random = facts
  length, most = layout.max_seq_length, layout.max_predictions
  size, masks = len(tokens), len(labels)
  packed = (
    _packed_size(tokens) + length - size,
    length,
    _packed_size(labels) + most - masks,
    _packed_size(positions) + most - masks,
    most * example_bytes.FLOAT_BYTES,
    1,
    length,
  )
  total = 0
  for i in range(len(packed)):
    key = len(_name(layout, i))
    total += example_bytes.field_size(example_bytes.entry_size(key, packed[i]))
  at = example_bytes.put_header(out, at, example_bytes.FIELD_1, total)
  at = _put_ids(out, _put_entry(out, at, layout, 0, packed[0]), tokens, length)
  at = _put_entry(out, at, layout, 1, packed[1])
  at = _fill(out, _fill(out, at, 1, size), 0, length - size)
  at = _put_ids(out, _put_entry(out, at, layout, 2, packed[2]), labels, most)
  at = _put_ids(out, _put_entry(out, at, layout, 3, packed[3]), positions, most)
  at = _put_entry(out, at, layout, 4, packed[4])
  for _ in range(masks):
    at = byte_buffer.put_bytes(out, at, layout.one)
  at = _fill(out, at, 0, (most - masks) * example_bytes.FLOAT_BYTES)
  at = _put_entry(out, at, layout, 5, packed[5])
  at = _fill(out, at, is_random, 1)
  at = _put_entry(out, at, layout, 6, packed[6])
  at = _fill(out, _fill(out, at, 0, second), 1, size - second)
  return int(_fill(out, at, 0, length - size))


@compiled.compiled
def _name(layout: Layout, index: int) -> Bytes:
  begin = layout.name_ends[index - 1] if index else 0
  return layout.names[begin : layout.name_ends[index]]


@compiled.compiled
def _put_entry(
  out: Bytes, at: int, layout: Layout, index: int, packed: int
) -> int:
  """Writes a feature up to its numbers; returns where they start."""
  name, is_float = _name(layout, index), layout.is_float[index]
  return example_bytes.put_entry(out, at, name, is_float, packed)


@compiled.compiled
def _packed_size(values: Int32s) -> int:
  """Returns the bytes that numbers from 0 to 2**31 - 1 take."""
  size = len(values)
  for value in values:  # Sums of conditions: the compiler makes them vectors.
    size += (
      (value >= 1 << 7)
      + (value >= 1 << 14)
      + (value >= 1 << 21)
      + (value >= 1 << 28)
    )
  return size


@compiled.compiled
def _put_ids(out: Bytes, at: int, values: Int32s, width: int) -> int:
  """Writes numbers and zeros up to `width`; returns their end."""
  for value in values:
    at = example_bytes.put_varint(out, at, value)
  return _fill(out, at, 0, width - len(values))


@compiled.compiled
def _fill(out: Bytes, at: int, value: int, count: int) -> int:
  """Writes a byte `count` times; returns their end."""
  out[at : at + count] = value
  return at + count
