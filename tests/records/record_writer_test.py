import os
import subprocess
import sys

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from bert_tf.records import record_writer
from bert_tf.system import process_identity, temporary_names


def read(path):
  return list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())


def write(path, records):
  with record_writer.RecordWriter(path) as writer:
    for record in records:
      writer.write(record)


@hypothesis.settings(deadline=None, max_examples=50)
@hypothesis.given(st.lists(st.binary(max_size=300), max_size=10))
def test_is_tensorflows_file(tmp_path_factory, records):
  folder = tmp_path_factory.mktemp("records")
  write(folder / "ours", records)
  with tf.io.TFRecordWriter(str(folder / "theirs")) as writer:
    for record in records:
      writer.write(record)
  ours = (folder / "ours").read_bytes()
  assert ours == (folder / "theirs").read_bytes()
  assert read(folder / "ours") == records


def test_many_at_a_time(tmp_path):
  data = np.arange(100, dtype=np.uint8)
  with record_writer.RecordWriter(tmp_path / "a") as writer:
    writer.write_many(data, np.array([10, 20, 20, 90]))
    writer.write_many(data, np.array([5]))
    assert writer.record_count == 3
  assert writer.size == os.path.getsize(tmp_path / "a")
  whole = data.tobytes()
  assert read(tmp_path / "a") == [whole[10:20], b"", whole[20:90]]


def test_appears_only_when_whole(tmp_path):
  path = tmp_path / "new" / "a"
  with record_writer.RecordWriter(path) as writer:
    writer.write(b"record")
    assert not path.exists()
    (half,) = os.listdir(tmp_path / "new")
    assert temporary_names.owner(half) == process_identity.here()
  assert os.listdir(tmp_path / "new") == ["a"]


def test_a_failure_leaves_the_old_file(tmp_path):
  write(tmp_path / "a", [b"old"])
  with (
    pytest.raises(KeyboardInterrupt),
    record_writer.RecordWriter(tmp_path / "a") as writer,
  ):
    writer.write(b"new")
    raise KeyboardInterrupt
  assert os.listdir(tmp_path) == ["a"]
  assert read(tmp_path / "a") == [b"old"]


def test_several_appear_together(tmp_path):
  paths = [tmp_path / "a", tmp_path / "b"]
  with record_writer.open_all(paths) as writers:
    for writer in writers:
      writer.write(b"new")
  assert [read(path) for path in paths] == [[b"new"], [b"new"]]


def test_one_that_cannot_be_opened_stops_all(tmp_path):
  (tmp_path / "b").mkdir()
  with (
    pytest.raises(IsADirectoryError),
    record_writer.open_all([tmp_path / "a", tmp_path / "b"]),
  ):
    pass
  assert os.listdir(tmp_path) == ["b"]


def test_one_that_cannot_be_completed_stops_all(tmp_path, monkeypatch):
  write(tmp_path / "a", [b"old"])

  def fail():
    raise OSError("no space left")

  with (
    pytest.raises(OSError, match="no space left"),
    record_writer.open_all([tmp_path / "a", tmp_path / "b"]) as writers,
  ):
    for writer in writers:
      writer.write(b"new")
    monkeypatch.setattr(writers[1], "close", fail)
  assert os.listdir(tmp_path) == ["a"]
  assert read(tmp_path / "a") == [b"old"]


@pytest.mark.parametrize("name", ["", "folder/"])
def test_directory(tmp_path, name):
  path = os.path.join(tmp_path, name)
  with pytest.raises(IsADirectoryError) as error:
    record_writer.RecordWriter(path)
  assert str(error.value) == (
    f"{path!r} is a directory, expected the name of a file to write, such as "
    f"{os.path.join(path, 'data.tfrecord')!r}"
  )


def test_folder_that_is_a_file(tmp_path):
  (tmp_path / "file").touch()
  with pytest.raises(OSError, match="file"):
    record_writer.RecordWriter(tmp_path / "file" / "a")


def test_tensorflows_file_systems(tmp_path):
  path = f"file://{tmp_path}/new/a"
  write(path, [b"one", b"two"])
  assert os.listdir(tmp_path / "new") == ["a"]
  assert read(path) == [b"one", b"two"]
  with (
    pytest.raises(KeyboardInterrupt),
    record_writer.RecordWriter(path),
  ):
    raise KeyboardInterrupt
  assert os.listdir(tmp_path / "new") == ["a"]
  assert read(path) == [b"one", b"two"]


def test_needs_no_tensorflow():
  program = (
    "import sys; import bert_tf.tasks.pretraining.record_generator; "
    "sys.exit('tensorflow' in sys.modules)"
  )
  subprocess.run([sys.executable, "-c", program], check=True)
