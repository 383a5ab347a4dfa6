import os

import numpy as np
import pytest

from bert_tf.records import spill_files


def test_beside_the_output(tmp_path, monkeypatch):
  assert spill_files.folder_for(str(tmp_path / "a.tfrecord")) == str(tmp_path)
  monkeypatch.chdir(tmp_path)
  assert spill_files.folder_for("a.tfrecord") == "."
  assert spill_files.folder_for("gs://bucket/a.tfrecord") is None


@pytest.mark.parametrize("large", [0, 100, 10_000])
def test_spool(tmp_path, large):
  spool = spill_files.Spool(np.int32, str(tmp_path), large)
  pieces = [np.arange(size) for size in (0, 3, 40, 0, 1)]
  for piece in pieces:
    spool.add(piece)
  whole = spool.finish()
  assert whole.dtype == np.int32
  assert whole.tolist() == np.concatenate(pieces).tolist()
  assert spool.finish() is whole
  empty = spill_files.Spool(np.int64, str(tmp_path), large)
  assert empty.finish().tolist() == []
  assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("count", [0, 10, 1000])
def test_empty(tmp_path, count):
  array = spill_files.empty(count, np.int32, str(tmp_path), large=100)
  array[:] = np.arange(count)
  assert type(array) is np.ndarray and array.dtype == np.int32
  assert array.tolist() == list(range(count))
  assert os.listdir(tmp_path) == []
