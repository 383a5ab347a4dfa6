"""CRC-32C (Castagnoli's), for compiled code: the checksum of TFRecord files.

Processors with SSE 4.2 have an instruction for it; others look up tables. Which
of the two is decided when the code is compiled, which is for one processor.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from bert_tf.native import byte_buffer, jit

Bytes = npt.NDArray[np.uint8]

_POLYNOMIAL = 0x82F63B78  # Bits reversed.
_MASK_DELTA = 0xA282EAD8
_INSTRUCTION = "llvm.x86.sse42.crc32.64.64"
_WORD_BYTES = 8


def _make_tables() -> npt.NDArray[np.uint32]:
  """Returns the CRC of each byte with 0 to 7 zeros after it, [8, 256]."""
  crc = np.arange(256, dtype=np.uint32)
  for _ in range(8):
    crc = np.where(crc & 1, (crc >> 1) ^ _POLYNOMIAL, crc >> 1)
  tables = [crc.astype(np.uint32)]
  for _ in range(7):
    last = tables[-1]
    tables.append((last >> 8) ^ tables[0][last & 0xFF])
  return np.stack(tables)


_TABLES = _make_tables()


def _is_supported(context: Any) -> bool:
  """Whether the processor that is compiled for has the instruction."""
  _, _, features = context.codegen().magic_tuple()
  return "+sse4.2" in features.split(",")


@intrinsic
def _has_instruction(_: Any) -> Any:
  """A constant for the compiler."""

  def generate(context: Any, *_: Any) -> Any:
    return context.get_constant(types.boolean, _is_supported(context))

  return types.boolean(), generate


@intrinsic
def _next(_: Any, crc: Any, word: Any) -> Any:
  """Returns the CRC after 8 more bytes, by the processor's instruction."""
  uint64 = ir.IntType(64)

  def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
    if not _is_supported(context):
      return ir.Constant(uint64, 0)  # Never asked for.
    kind = ir.FunctionType(uint64, [uint64, uint64])
    function = cgutils.get_or_insert_function(
      builder.module, kind, _INSTRUCTION
    )
    return builder.call(function, arguments)

  return types.uint64(types.uint64, types.uint64), generate


def masked_of(data: bytes) -> int:
  """Returns the CRC-32C of some bytes as TFRecord files mask it."""
  return int(masked(np.frombuffer(data, np.uint8), 0, len(data)))


@jit.compiled
def masked(data: Bytes, begin: int, end: int) -> int:
  """Returns the CRC-32C of `data[begin:end]` as TFRecord files mask it."""
  crc = np.uint64(0xFFFFFFFF)
  whole = begin + (end - begin) // _WORD_BYTES * _WORD_BYTES
  if _has_instruction():
    for at in range(begin, whole, _WORD_BYTES):
      crc = _next(crc, byte_buffer.word(data, at))
  else:
    crc = _by_tables(data, begin, whole)
  for at in range(whole, end):
    index = (crc ^ np.uint64(data[at])) & np.uint64(0xFF)
    crc = (crc >> np.uint64(8)) ^ np.uint64(_TABLES[0, index])
  value = np.int64(crc) ^ 0xFFFFFFFF
  # Masked, since a CRC over data that has CRCs in it is weak.
  return int((((value >> 15) | (value << 17)) + _MASK_DELTA) & 0xFFFFFFFF)


@jit.compiled
def _by_tables(data: Bytes, begin: int, end: int) -> np.uint64:
  """Returns the CRC of eight bytes at a time ("slicing by 8")."""
  crc = np.uint64(0xFFFFFFFF)
  for at in range(begin, end, _WORD_BYTES):
    word = crc ^ byte_buffer.word(data, at)
    crc = np.uint64(0)
    for i in range(_WORD_BYTES):
      byte = (word >> np.uint64(8 * i)) & np.uint64(0xFF)
      crc ^= np.uint64(_TABLES[_WORD_BYTES - 1 - i, byte])
  return crc
