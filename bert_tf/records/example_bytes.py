"""The bytes of tf.Example, piece by piece, for compiled code.

A tf.Example is a protocol buffer (tensorflow/core/example/example.proto; for
the wire format see protobuf.dev/programming-guides/encoding). Each part is a
tag, a length and that many bytes:

  Example    features: Features
  Features   feature: one entry for each name
  entry      key: the name; value: Feature
  Feature    float_list: FloatList, or int64_list: Int64List
  a list     value: all numbers, packed

Entries are in the order of their names, so equal features are equal bytes.
"""

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, jit

Bytes = npt.NDArray[np.uint8]

# Tags: the field's number, then wire type 2, which is "length and bytes".
FIELD_1 = 1 << 3 | 2
FIELD_2 = 2 << 3 | 2
FIELD_3 = 3 << 3 | 2

FLOAT_BYTES = 4
MOST_ID_BYTES = 5  # Of a number from 0 to 2**31 - 1.


@jit.compiled
def varint_size(value: int) -> int:
  """Returns how many groups of 7 bits a 64-bit integer has; 10 if negative."""
  size = 1
  while value & -128:
    value = (value >> 7) & 0x01FFFFFFFFFFFFFF  # A shift without the sign.
    size += 1
  return size


@jit.compiled
def field_size(size: int) -> int:
  """Returns the size of a field around `size` bytes."""
  return 1 + varint_size(size) + size


@jit.compiled
def list_size(packed: int) -> int:
  """Returns the size of a list; empty packed fields are left out."""
  return field_size(packed) if packed else 0


@jit.compiled
def entry_size(key_size: int, packed: int) -> int:
  """Returns the size of a map entry: name and Feature."""
  feature_size = field_size(list_size(packed))
  return field_size(key_size) + field_size(feature_size)


@jit.compiled
def put_varint(out: Bytes, at: int, value: int) -> int:
  """Writes an integer, 7 bits a byte, the low ones first; returns its end."""
  while value & -128:
    out[at] = (value & 0x7F) | 0x80
    value = (value >> 7) & 0x01FFFFFFFFFFFFFF
    at += 1
  out[at] = value
  return at + 1


@jit.compiled
def put_header(out: Bytes, at: int, tag: int, size: int) -> int:
  """Writes what precedes the bytes of a field; returns where they start."""
  out[at] = tag
  return put_varint(out, at + 1, size)


@jit.compiled
def put_entry(
  out: Bytes, at: int, key: Bytes, is_float: bool, packed: int
) -> int:
  """Writes a map entry up to its numbers; returns where they start."""
  at = put_header(out, at, FIELD_1, entry_size(len(key), packed))
  at = put_header(out, at, FIELD_1, len(key))
  at = byte_buffer.put_bytes(out, at, key)
  size = list_size(packed)
  at = put_header(out, at, FIELD_2, field_size(size))
  at = put_header(out, at, FIELD_2 if is_float else FIELD_3, size)
  return put_header(out, at, FIELD_1, packed) if packed else at
