"""Writing into arrays of bytes, for compiled code."""

import numpy as np
import numpy.typing as npt

from bert_tf.data import compiled

Bytes = npt.NDArray[np.uint8]


@compiled.compiled
def put_bytes(out: Bytes, at: int, data: Bytes) -> int:
  """Copies bytes to `out[at:]`; returns where they end."""
  # For a few bytes at a time a loop is much faster than a slice.
  for i in range(len(data)):
    out[at + i] = data[i]
  return at + len(data)


@compiled.compiled
def put_number(out: Bytes, at: int, value: int, size: int) -> int:
  """Writes a number of `size` bytes, the low ones first; returns its end."""
  for i in range(size):
    out[at + i] = (value >> (8 * i)) & 0xFF
  return at + size
