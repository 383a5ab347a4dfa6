"""A store, here TensorFlow's in memory: everything a pre-training needs."""

import json

import pytest
import tensorflow as tf

import bert_tf
from bert_tf.inputs import record_files
from bert_tf.records import record_writer
from bert_tf.system import companion_names, files, output_files
from bert_tf.tasks.pretraining import record_generator, settings

gfile = tf.io.gfile


@pytest.fixture
def store(request):
  """An empty folder of the store."""
  folder = f"ram://{request.node.name}"
  gfile.makedirs(folder)
  yield folder
  gfile.rmtree(folder)


def put(path, data):
  with gfile.GFile(path, "wb") as file:
    file.write(data)


def test_objects_are_files(store):
  path = f"{store}/new/a.txt"
  output_files.write_atomically(path, b"one\ntwo\n")
  assert files.exists(path) and files.is_folder(f"{store}/new")
  assert not files.exists(f"{store}/b.txt")
  assert files.size(path) == 8
  with files.open_file(path) as stream:
    assert list(stream) == [b"one\n", b"two\n"]
    stream.seek(-4, 2)
    assert (stream.tell(), stream.read()) == (4, b"two\n")
  with files.open_file(path, "r") as stream:
    assert stream.readline() == "one\n"
  with pytest.raises(ZeroDivisionError), output_files.writing(path) as stream:
    stream.write(b"half")
    raise ZeroDivisionError
  assert files.names_in(f"{store}/new") == ["a.txt"]
  assert files.find(f"{store}/n*/*") == files.expand([path]) == [path]
  files.rename(path, f"{store}/new/b.txt")
  assert files.names_in(f"{store}/new") == ["b.txt"]


@pytest.mark.parametrize(
  "act",
  [
    lambda path: files.open_file(path).read(),
    lambda path: files.read_json(path),
    files.size,
    files.remove,
    lambda path: files.rename(path, path + "2"),
    lambda path: files.expand(path),
    lambda path: record_files.find(path),
    lambda path: bert_tf.FullTokenizer(path),
    lambda path: bert_tf.BertConfig.from_json_file(path),
  ],
)
def test_what_is_missing_is_named(store, act):
  path = f"{store}/nothing"
  with pytest.raises(FileNotFoundError) as caught:
    act(path)
  assert path in str(caught.value)


def test_a_scheme_that_is_not_there():
  with pytest.raises(
    OSError,
    match=r"s3://b/v.txt: TensorFlow has no file system for s3:// .*; mount",
  ):
    files.open_file("s3://b/v.txt").read()


def test_damage_is_named(store):
  put(f"{store}/config.json", b"{")
  with pytest.raises(ValueError, match=r"/config\.json"):
    files.read_json(f"{store}/config.json")
  put(f"{store}/records", b"\x55" + b"\0" * 30)
  with pytest.raises(ValueError, match=f"{store}/records: record 0 at byte 0"):
    record_files.find(f"{store}/records")


def test_records_and_their_number(store, testdata, tmp_path, monkeypatch):
  text = b"".join(
    x.read_bytes() for x in sorted((testdata / "text").glob("stories_*.txt"))
  )
  put(f"{store}/text/a.txt", text)
  (tmp_path / "a.txt").write_bytes(text)
  put(f"{store}/vocab.txt", (testdata / "vocab.txt").read_bytes())

  def made(folder, text, vocab_file):
    config = settings.PretrainingDataConfig(
      (text,), (f"{folder}/out",), vocab_file, dupe_factor=1, num_shards=2
    )
    return record_generator.create(config)

  summary = made(f"{store}/r", f"{store}/text/*", f"{store}/vocab.txt")
  made(tmp_path, str(tmp_path / "a.txt"), str(testdata / "vocab.txt"))
  names = ["out-00000-of-00002", "out-00001-of-00002"]
  assert files.names_in(f"{store}/r") == names
  assert sorted(x.name for x in tmp_path.iterdir()) == ["a.txt", *names]
  for name in names:
    with files.open_file(f"{store}/r/{name}") as stream:
      assert stream.read() == (tmp_path / name).read_bytes()

  # They are counted without being read.
  with monkeypatch.context() as patch:
    patch.setattr(record_files, "_open", None)
    found = record_files.find(f"{store}/r/*")
  assert found.total == summary.instances
  assert found.counts == record_files.find(str(tmp_path / "out-*")).counts


@pytest.mark.parametrize(
  ("told", "warning"),
  [
    ({"records": 3, "bytes": 99}, "is of a file of 99 bytes, but"),
    ({"records": "3", "bytes": 54}, "its records are counted"),
    ({"bytes": 54}, "the records are counted"),
    ([], "expected a JSON object, found list"),
  ],
)
def test_a_wrong_number_is_not_believed(store, told, warning, warned):
  path = f"{store}/records"
  with record_writer.RecordWriter(path) as writer:
    for _ in range(3):
      writer.write(b"ab")
  assert files.size(path) == 54
  put(companion_names.of_records(path), json.dumps(told).encode())
  assert record_files.count_records(path) == 3
  assert warning in warned[0]
