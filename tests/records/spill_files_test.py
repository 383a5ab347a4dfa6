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


def test_a_spool_is_one_kind_of_array(tmp_path):
  """Compiled code is of one form for small and large corpora."""
  for large in (0, 1000):
    spool = spill_files.Spool(np.int32, str(tmp_path), large)
    spool.add(np.arange(9))
    assert spool.finish().flags.writeable and spool.finish().flags.c_contiguous


def test_forgotten_arrays_keep_their_values(tmp_path):
  array = spill_files.empty(1 << 20, np.int32, str(tmp_path), large=0)
  array[:] = np.arange(1 << 20)
  spill_files.forget(array, np.arange(3))
  np.testing.assert_array_equal(array, np.arange(1 << 20))
  array[5] = 7
  spill_files.forget(array[3:])  # a part, the rest goes with it
  assert array[5] == 7


@pytest.mark.skipif(
  not os.path.exists("/proc/self/statm"), reason="the system does not tell"
)
def test_few_pages_stay_in_memory(tmp_path):
  array = spill_files.empty(4 << 20, np.int32, str(tmp_path), large=0)
  resident = spill_files.Resident(array, most=4 << 20)
  before = spill_files._resident_file_bytes()
  array[: 512 << 10] = 1  # 2 MB, which may stay
  resident.trim()
  assert spill_files._resident_file_bytes() - before > 1 << 20
  array[:] = 1
  assert spill_files._resident_file_bytes() - before > 12 << 20
  resident.trim()
  assert spill_files._resident_file_bytes() - before < 2 << 20
  assert array.sum() == len(array)


def test_released_bytes_take_no_room(tmp_path):
  with spill_files.temporary_file(str(tmp_path)) as file:
    file.write(b"x" * (1 << 20))
    file.flush()
    os.fsync(file.fileno())
    before = os.fstat(file.fileno()).st_blocks
    spill_files.release(file, 5, (1 << 20) - 5)
    spill_files.release(file, 5, 5)
    if os.uname().sysname == "Linux":
      assert os.fstat(file.fileno()).st_blocks < before / 2
    file.seek(0)
    data = file.read()
  assert data[:5] == data[-5:] == b"x" * 5 and len(data) == 1 << 20
