"""Writing into arrays of bytes, for compiled code."""

from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.native import jit

Bytes = npt.NDArray[np.uint8]


@jit.inlined
def copy(data: Any, begin: int, size: int, out: Any, at: int) -> int:
  """Copies `data[begin : begin + size]` to `out[at:]`; returns its end."""
  # A loop: for so few numbers it is much faster than slices. Indices without
  # sign: numba asks of others whether they count from the end.
  for i in range(size):
    out[np.uint64(at + i)] = data[np.uint64(begin + i)]
  return at + size


@jit.compiled
def put_bytes(out: Bytes, at: int, data: Bytes) -> int:
  """Copies bytes to `out[at:]`; returns where they end."""
  return copy(data, 0, len(data), out, at)


@jit.compiled
def put_number(out: Bytes, at: int, value: int, size: int) -> int:
  """Writes a number of `size` bytes, the low ones first; returns its end."""
  for i in range(size):
    out[at + i] = (value >> (8 * i)) & 0xFF
  return at + size


@jit.inlined
def get_number(data: Bytes, at: int, size: int) -> int:
  """Returns what `put_number` wrote."""
  value: Any = 0
  for i in range(size):
    value |= np.int64(data[np.uint64(at + i)]) << (8 * i)
  return int(value)


@jit.inlined
def word(data: Bytes, at: int) -> np.uint64:
  """Returns eight bytes as one number, the low ones first."""
  value = np.uint64(0)
  for i in range(8):
    value |= np.uint64(data[np.uint64(at + i)]) << np.uint64(8 * i)
  return value
