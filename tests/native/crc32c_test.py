import os
import subprocess
import sys

import hypothesis
from hypothesis import strategies as st

from bert_tf.native import crc32c
from tests.conftest import ROOT

# RFC 3720, B.4: 32 zeros, 32 ones and 0 to 31 have these CRC-32C.
STANDARD = (
  (bytes(32), 0x8A9136AA),
  (b"\xff" * 32, 0x62A8AB43),
  (bytes(range(32)), 0x46DD794E),
  (b"", 0),
  (b"123456789", 0xE3069283),
)


def mask(crc):
  rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
  return (rotated + 0xA282EAD8) & 0xFFFFFFFF


def bit_by_bit(data):
  crc = 0xFFFFFFFF
  for byte in data:
    crc ^= byte
    for _ in range(8):
      crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
  return crc ^ 0xFFFFFFFF


def test_crc_of_the_standard():
  for data, crc in STANDARD:
    assert crc32c.masked_of(data) == mask(crc)


@hypothesis.settings(deadline=None)
@hypothesis.given(st.binary(max_size=70))
def test_crc_bit_by_bit(data):
  assert crc32c.masked_of(data) == mask(bit_by_bit(data))


def test_a_processor_without_the_instruction():
  """Code for any processor of the kind; kept code is of one processor."""
  program = (
    "from bert_tf.native import crc32c\n"
    "from numba.core.registry import cpu_target\n"
    "assert not crc32c._is_supported(cpu_target.target_context)\n"
    f"print([crc32c.masked_of(data) for data, _ in {STANDARD!r}])\n"
  )
  environment = {**os.environ, "NUMBA_CPU_NAME": "generic"}
  environment |= {"NUMBA_CPU_FEATURES": ""}
  done = subprocess.run(
    [sys.executable, "-c", program],
    cwd=ROOT,
    env=environment,
    check=True,
    capture_output=True,
    text=True,
  )
  assert done.stdout.strip() == str([mask(crc) for _, crc in STANDARD])
