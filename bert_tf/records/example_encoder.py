"""Features of numbers to the bytes of tf.Example, without TensorFlow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, jit
from bert_tf.records import example_bytes

Bytes = npt.NDArray[np.uint8]
Int64s = npt.NDArray[np.int64]


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


@jit.allocating
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
      sizes[row] += example_bytes.field_size(
        example_bytes.entry_size(key_size, packed[row, i])
      )
    starts[row + 1] = starts[row] + example_bytes.field_size(sizes[row])
  out = np.empty(starts[count], np.uint8)
  for row in range(count):
    at = example_bytes.put_header(
      out, starts[row], example_bytes.FIELD_1, sizes[row]
    )
    for i in range(features):
      key = keys[key_ends[i - 1] if i else 0 : key_ends[i]]
      at = example_bytes.put_entry(
        out, at, key, spans[i][0] != 0, packed[row, i]
      )
      at = _put_numbers(out, at, ints[row], floats[row], spans[i])
  return out, starts


@jit.compiled
def _packed_size(ints: Int64s, span: Int64s) -> int:
  """Returns how many bytes one feature's numbers take."""
  is_float, first, last = span
  if is_float:
    return (last - first) * example_bytes.FLOAT_BYTES
  size = 0
  for value in ints[first:last]:
    size += example_bytes.varint_size(value)
  return size


@jit.compiled
def _put_numbers(
  out: Bytes, at: int, ints: Int64s, floats: Bytes, span: Int64s
) -> int:
  """Writes one feature's numbers; returns their end."""
  is_float, first, last = span
  if is_float:
    data = floats[
      first * example_bytes.FLOAT_BYTES : last * example_bytes.FLOAT_BYTES
    ]
    return byte_buffer.put_bytes(out, at, data)
  for value in ints[first:last]:
    at = example_bytes.put_varint(out, at, value)
  return at
