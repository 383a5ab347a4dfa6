import contextlib
import glob
import os

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from bert_tf.data import record_writer, shuffled_records, spill

BLOCKS = st.lists(st.lists(st.binary(max_size=60), max_size=8), max_size=12)


def add(records, block):
  """Adds records as their maker does: sealed, without gaps."""
  sizes = [len(data) + record_writer.FRAME_BYTES for data in block]
  out = records.reserve(sum(sizes) + 5)
  at = 0
  for data in block:
    start = at + record_writer.HEAD_BYTES
    out[start : start + len(data)] = np.frombuffer(data, np.uint8)
    at = record_writer.seal(out, at, len(data), record_writer.TABLES)
  records.add(np.array(sizes, np.int32))


def read(path):
  return list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())


@pytest.mark.parametrize("memory", [1, 100, 400, 1 << 20])
@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(blocks=BLOCKS, files=st.integers(1, 3), seed=st.integers(0))
def test_records_come_in_order(tmp_path_factory, memory, blocks, files, seed):
  folder = tmp_path_factory.mktemp("records")
  made = [data for block in blocks for data in block]
  order = np.random.default_rng(seed).permutation(len(made)).astype(np.int32)
  paths = [folder / f"part-{i}" for i in range(files)]
  with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
    patch.setattr(shuffled_records, "MEMORY", memory)
    patch.setattr(shuffled_records, "_BATCH", 3)
    patch.setattr(spill, "LARGE", 16)
    records = stack.enter_context(shuffled_records.ShuffledRecords(folder))
    for block in blocks:
      add(records, block)
    assert records.count == len(made)
    assert [records.record(n) for n in order[:2]] == [
      made[n] for n in order[:2]
    ]
    writers = stack.enter_context(record_writer.open_all(paths))
    assert sum(records.write(order, writers)) == len(made)
  expected = [made[number] for number in order]
  for index, path in enumerate(paths):
    assert read(path) == expected[index::files]


def test_temporary_files_have_no_names(tmp_path, monkeypatch):
  monkeypatch.setattr(shuffled_records, "MEMORY", 64)
  assert not files_open_in(tmp_path)
  with shuffled_records.ShuffledRecords(str(tmp_path)) as records:
    for _ in range(5):
      add(records, [b"x" * 40])
    assert files_open_in(tmp_path)
    assert not list(tmp_path.iterdir())
  assert not files_open_in(tmp_path)


def files_open_in(folder):
  targets = [os.path.realpath(path) for path in glob.glob("/proc/self/fd/*")]
  return [target for target in targets if target.startswith(str(folder))]
