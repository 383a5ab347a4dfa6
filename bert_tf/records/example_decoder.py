"""The numbers of a tf.Example, without TensorFlow: for a look at a few."""

import struct
from collections.abc import Iterator

from bert_tf.records import example_bytes


def decode_example(record: bytes) -> dict[str, list[int] | list[float]]:
  """Returns the numbers of each feature of what `features` encodes."""
  found: dict[str, list[int] | list[float]] = {}
  for _, features in _fields(record):
    for _, entry in _fields(features):
      (_, name), (_, feature) = _fields(entry)
      for tag, numbers in _fields(feature):
        packed = b"".join(part for _, part in _fields(numbers))
        is_float = tag == example_bytes.FIELD_2
        found[name.decode()] = (_floats if is_float else _ints)(packed)
  return found


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
  """Yields tag and bytes of each field."""
  at = 0
  while at < len(data):
    tag = data[at]
    size, at = _varint(data, at + 1)
    yield tag, data[at : at + size]
    at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
  """Returns an unsigned integer and where it ends."""
  value, shift = 0, 0
  while True:
    value |= (data[at] & 0x7F) << shift
    shift += 7
    at += 1
    if data[at - 1] < 0x80:
      return value, at


def _ints(packed: bytes) -> list[int]:
  values, at = [], 0
  while at < len(packed):
    value, at = _varint(packed, at)
    values.append(value - (1 << 64) if value >> 63 else value)
  return values


def _floats(packed: bytes) -> list[float]:
  size = example_bytes.FLOAT_BYTES
  return list(struct.unpack(f"<{len(packed) // size}f", packed))
