"""Instances as they are kept until their order is known: packed into bytes.

That is what differs from record to record, in a third of a record's size:
numbers that say how much there is of each, then tokens, labels and positions as
they will stand in the record.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, instance_kernel, jit
from bert_tf.records import example_bytes, shuffled_bytes

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]

_NUMBER_BYTES = 4

# The numbers at the start of an instance: how many tokens there are; where the
# second segment starts, and whether it is from elsewhere; how many tokens are
# masked; the bytes of all tokens, of all labels and of all positions.
TOKENS, SECOND, IS_RANDOM, MASKS, TOKEN_BYTES, LABEL_BYTES, POSITION_BYTES = (
  range(7)
)
HEAD_BYTES = 7 * _NUMBER_BYTES


def add_all(
  store: instance_kernel.Store, packed: shuffled_bytes.ShuffledBytes
) -> None:
  """Adds the instances of a store."""
  count, tokens, masks = store.used
  numbers = example_bytes.MOST_ID_BYTES * (tokens + 2 * masks)
  out = packed.reserve(int(count * HEAD_BYTES + numbers))
  sizes = np.empty(count, np.int32)
  _pack(store, out, sizes)
  packed.add(sizes)


@jit.compiled
def _pack(store: instance_kernel.Store, out: Bytes, sizes: Int32s) -> None:
  """Fills `out` and `sizes`."""
  at, token, mask = 0, 0, 0
  for number in range(store.used[0]):
    token_end, mask_end = store.token_ends[number], store.mask_ends[number]
    tokens = at + HEAD_BYTES
    labels = _put_ids(store.tokens, token, token_end, out, tokens)
    positions = _put_ids(store.labels, mask, mask_end, out, labels)
    end = _put_ids(store.positions, mask, mask_end, out, positions)
    numbers: tuple[Any, ...] = (
      token_end - token,
      np.int64(store.segment_b[number]),
      np.int64(store.is_random_next[number]),
      mask_end - mask,
      labels - tokens,
      positions - labels,
      end - positions,
    )
    sizes[number] = end - at
    for i in range(len(numbers)):
      at = byte_buffer.put_number(out, at, numbers[i], _NUMBER_BYTES)
    at, token, mask = end, token_end, mask_end


@jit.inlined
def _put_ids(ids: Int32s, begin: int, end: int, out: Bytes, at: int) -> int:
  """Writes some ids; returns their end."""
  for i in range(begin, end):
    value = ids[np.uint64(i)]
    if value >= 1 << 21:
      at = example_bytes.put_varint(out, at, value)
      continue
    # Three bytes, of which the next id overwrites those that are not needed:
    # to guess how many takes longer.
    two, three = value >= 1 << 7, value >= 1 << 14
    out[np.uint64(at)] = (value & 0x7F) | (two << 7)
    out[np.uint64(at + 1)] = ((value >> 7) & 0x7F) | (three << 7)
    out[np.uint64(at + 2)] = value >> 14
    at += 1 + two + three
  return at


@jit.inlined
def number(data: Bytes, at: int, index: int) -> int:
  """Returns a number of the instance that starts at `at`."""
  return byte_buffer.get_number(data, at + index * _NUMBER_BYTES, _NUMBER_BYTES)
