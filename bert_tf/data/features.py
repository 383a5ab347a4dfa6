"""Features of numbers to the bytes of tf.Example, without TensorFlow.

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

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.data import byte_buffer, compiled

Bytes = npt.NDArray[np.uint8]
Int64s = npt.NDArray[np.int64]

# Tags: the field's number, then wire type 2, which is "length and bytes".
_FIELD_1 = 1 << 3 | 2
_FIELD_2 = 2 << 3 | 2
_FIELD_3 = 3 << 3 | 2

_FLOAT_BYTES = 4


def encode_example(
  features: Mapping[str, Sequence[float] | npt.NDArray[Any]],
) -> bytes:
  """Returns one tf.Example.

  Args:
    features: a list or 1-D array of numbers by name. Integers and bools are
      recorded as int64, others as float; so is an empty list as int64.

  Raises:
    TypeError: values that are not numbers.
    ValueError: values that are not a flat list.
  """
  rows = {}
  for name, values in features.items():
    array = np.asarray(values, None if len(values) else np.int64)
    if array.ndim != 1:
      raise ValueError(
        f"feature {name!r} has shape {list(array.shape)}, expected a flat list "
        "of numbers"
      )
    rows[name] = array[None]  # [1, W]
  return encode_examples(rows)[0].tobytes()


def encode_examples(
  features: Mapping[str, npt.NDArray[Any]],
) -> tuple[Bytes, Int64s]:
  """Returns many tf.Examples, one after the other.

  Args:
    features: an array [B, W] of numbers by name, W of each feature its own.
      Integers and bools are recorded as int64, others as float.

  Returns:
    The bytes, and where each example starts and the last one ends in them,
    int64 [B + 1].

  Raises:
    TypeError: values that are not numbers.
    ValueError: no features, or arrays that are not [B, W] with one B.
  """
  keys = {name: name.encode("utf-8") for name in features}
  names = sorted(features, key=keys.__getitem__)
  count = _row_count(features)
  ints = [np.zeros((count, 0), np.int64)]
  floats = [np.zeros((count, 0), np.float32)]
  spans = np.zeros((len(names), 3), np.int64)
  for index, name in enumerate(names):
    is_float = _is_float(name, features[name])
    columns: list[npt.NDArray[Any]] = floats if is_float else ints
    first = sum(column.shape[1] for column in columns)
    columns.append(features[name])
    spans[index] = is_float, first, first + features[name].shape[1]
  return _encode(
    np.concatenate(ints, axis=1, dtype=np.int64, casting="unsafe"),
    np.concatenate(floats, axis=1, dtype="<f4", casting="unsafe").view(
      np.uint8
    ),
    spans,
    np.frombuffer(b"".join(keys[name] for name in names), np.uint8),
    np.cumsum([len(keys[name]) for name in names]),
  )


def _row_count(features: Mapping[str, npt.NDArray[Any]]) -> int:
  """Returns B, the same in all features."""
  shapes = {name: list(array.shape) for name, array in features.items()}
  counts = {shape[0] for shape in shapes.values() if len(shape) == 2}
  if len(counts) != 1 or any(len(shape) != 2 for shape in shapes.values()):
    raise ValueError(
      f"features have the shapes {shapes}, expected [examples, values] with "
      "the same number of examples in each"
    )
  return counts.pop()


def _is_float(name: str, array: npt.NDArray[Any]) -> bool:
  if array.dtype.kind in "iub":
    return False
  if array.dtype.kind == "f":
    return True
  raise TypeError(
    f"feature {name!r} has values of type {array.dtype}, expected integers, "
    "bools or floats"
  )


@compiled.compiled
def _encode(
  ints: Int64s,
  floats: Bytes,
  spans: Int64s,
  keys: Bytes,
  key_ends: Int64s,
) -> tuple[Bytes, Int64s]:
  """Encodes rows of numbers.

  Args:
    ints: columns of all int64 features. [B, I]
    floats: columns of all float features, as their bytes. [B, 4 F]
    spans: for each feature whether it is float, and its columns' begin and
      end. [N, 3]
    keys: names of the features, one after the other.
    key_ends: where each name ends in `keys`. [N]

  Returns:
    See `encode_examples`.
  """
  count, features = len(ints), len(spans)
  packed = np.empty((count, features), np.int64)  # Bytes of the numbers
  sizes = np.zeros(count, np.int64)  # Bytes of Features
  starts = np.zeros(count + 1, np.int64)
  for row in range(count):
    for i in range(features):
      packed[row, i] = _packed_size(ints[row], spans[i])
      key_size = key_ends[i] - (key_ends[i - 1] if i else 0)
      sizes[row] += _field_size(_entry_size(key_size, packed[row, i]))
    starts[row + 1] = starts[row] + _field_size(sizes[row])
  out = np.empty(starts[count], np.uint8)
  for row in range(count):
    at = _put_header(out, starts[row], _FIELD_1, sizes[row])
    for i in range(features):
      key = keys[key_ends[i - 1] if i else 0 : key_ends[i]]
      at = _put_entry(out, at, key, spans[i][0] != 0, packed[row, i])
      at = _put_numbers(out, at, ints[row], floats[row], spans[i])
  return out, starts


@compiled.compiled
def _packed_size(ints: Int64s, span: Int64s) -> int:
  """Returns how many bytes one feature's numbers take."""
  is_float, first, last = span
  if is_float:
    return (last - first) * _FLOAT_BYTES
  size = 0
  for value in ints[first:last]:
    size += _varint_size(value)
  return size


@compiled.compiled
def _varint_size(value: int) -> int:
  """Returns how many groups of 7 bits a 64-bit integer has; 10 if negative."""
  size = 1
  while value & -128:
    value = (value >> 7) & 0x01FFFFFFFFFFFFFF  # A shift without the sign.
    size += 1
  return size


@compiled.compiled
def _field_size(size: int) -> int:
  """Returns the size of a field around `size` bytes."""
  return 1 + _varint_size(size) + size


@compiled.compiled
def _list_size(packed: int) -> int:
  """Returns the size of a list; empty packed fields are left out."""
  return _field_size(packed) if packed else 0


@compiled.compiled
def _entry_size(key_size: int, packed: int) -> int:
  """Returns the size of a map entry: name and Feature."""
  feature_size = _field_size(_list_size(packed))
  return _field_size(key_size) + _field_size(feature_size)


@compiled.compiled
def _put_varint(out: Bytes, at: int, value: int) -> int:
  """Writes an integer, 7 bits a byte, the low ones first; returns its end."""
  while value & -128:
    out[at] = (value & 0x7F) | 0x80
    value = (value >> 7) & 0x01FFFFFFFFFFFFFF
    at += 1
  out[at] = value
  return at + 1


@compiled.compiled
def _put_header(out: Bytes, at: int, tag: int, size: int) -> int:
  """Writes what precedes the bytes of a field; returns where they start."""
  out[at] = tag
  return _put_varint(out, at + 1, size)


@compiled.compiled
def _put_entry(
  out: Bytes, at: int, key: Bytes, is_float: bool, packed: int
) -> int:
  """Writes a map entry up to its numbers; returns where they start."""
  at = _put_header(out, at, _FIELD_1, _entry_size(len(key), packed))
  at = _put_header(out, at, _FIELD_1, len(key))
  at = byte_buffer.put_bytes(out, at, key)
  list_size = _list_size(packed)
  at = _put_header(out, at, _FIELD_2, _field_size(list_size))
  at = _put_header(out, at, _FIELD_2 if is_float else _FIELD_3, list_size)
  return _put_header(out, at, _FIELD_1, packed) if packed else at


@compiled.compiled
def _put_numbers(
  out: Bytes, at: int, ints: Int64s, floats: Bytes, span: Int64s
) -> int:
  """Writes one feature's numbers; returns their end."""
  is_float, first, last = span
  if is_float:
    data = floats[first * _FLOAT_BYTES : last * _FLOAT_BYTES]
    return byte_buffer.put_bytes(out, at, data)
  for value in ints[first:last]:
    at = _put_varint(out, at, value)
  return at
