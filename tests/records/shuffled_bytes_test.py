import glob
import os

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from bert_tf.records import shuffled_bytes

BLOCKS = st.lists(st.lists(st.binary(max_size=60), max_size=8), max_size=12)


def add(kept, block):
  """Adds strings as their maker does, in more room than they need."""
  joined = np.frombuffer(b"".join(block), np.uint8)
  kept.reserve(len(joined) + 5)[: len(joined)] = joined
  kept.add(np.array([len(data) for data in block], np.int32))


@pytest.mark.parametrize("memory", [1, 100, 400, 1 << 20])
@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(blocks=BLOCKS, seed=st.integers(0))
def test_strings_come_in_order(tmp_path_factory, memory, blocks, seed):
  folder = tmp_path_factory.mktemp("strings")
  made = [data for block in blocks for data in block]
  order = np.random.default_rng(seed).permutation(len(made)).astype(np.int32)
  expected = [made[number] for number in order]
  with shuffled_bytes.ShuffledBytes(folder, memory, large=16) as kept:
    for block in blocks:
      add(kept, block)
    assert kept.count == len(made)
    got = [kept.get(number).tobytes() for number in order[:2]]
    assert got == expected[:2]
    found = []
    for data, starts in kept.shuffled(order):
      part = expected[len(found) : len(found) + len(starts)]
      for start, string in zip(starts, part, strict=True):
        found.append(data[start : start + len(string)].tobytes())
  assert found == expected


def test_temporary_files_have_no_names(tmp_path):
  assert not files_open_in(tmp_path)
  with shuffled_bytes.ShuffledBytes(str(tmp_path), memory=64) as kept:
    for _ in range(5):
      add(kept, [b"x" * 40])
    assert files_open_in(tmp_path)
    assert not list(tmp_path.iterdir())
  assert not files_open_in(tmp_path)


def files_open_in(folder):
  targets = [os.path.realpath(path) for path in glob.glob("/proc/self/fd/*")]
  return [target for target in targets if target.startswith(str(folder))]
