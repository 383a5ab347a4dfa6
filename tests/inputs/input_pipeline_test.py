"""Record files and batches."""

import gzip
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.inputs import input_pipeline, record_files

FEATURES = {"x": tf.io.FixedLenFeature([2], tf.int64)}


def write(path, numbers):
  with tf.io.TFRecordWriter(str(path)) as writer:
    for number in numbers:
      feature = tf.train.Feature(
        int64_list=tf.train.Int64List(value=[number, 0])
      )
      example = tf.train.Example(
        features=tf.train.Features(feature={"x": feature})
      )
      writer.write(example.SerializeToString())


@pytest.fixture
def files(tmp_path):
  write(tmp_path / "a.tfrecord", range(0, 13))
  write(tmp_path / "b.tfrecord", range(13, 20))
  write(tmp_path / "c.tfrecord", range(20, 23))
  return record_files.find(str(tmp_path / "*.tfrecord"))


def batches(files, count, settings, limits=None, **kwargs):
  dataset = input_pipeline.replica_batches(
    files, FEATURES, limits or {}, settings, **kwargs
  )
  return [batch["x"][:, 0].numpy().tolist() for batch in dataset.take(count)]


def test_counts(files):
  assert files.counts == (13, 7, 3)
  assert files.total == 23


def test_in_order_without_a_seed(files):
  settings = input_pipeline.BatchSettings(8)
  got = batches(files, 4, settings)
  want = [list(range(8 * i, 8 * i + 8)) for i in range(4)]
  assert got == [[number % 23 for number in row] for row in want]


def test_the_last_batch_may_be_small(files):
  settings = input_pipeline.BatchSettings(
    10, drop_remainder=False, repeat=False
  )
  assert [len(row) for row in batches(files, 9, settings)] == [10, 10, 3]


def test_every_epoch_has_every_record_in_another_order(files):
  rows = batches(files, 46, input_pipeline.BatchSettings(1, seed=3))
  first, second = rows[:23], rows[23:]
  everything = [[number] for number in range(23)]
  assert sorted(first) == sorted(second) == everything
  assert first != everything
  assert first != second


def test_order_is_a_function_of_the_seed(files):
  one = batches(files, 20, input_pipeline.BatchSettings(4, seed=3))
  assert one == batches(files, 20, input_pipeline.BatchSettings(4, seed=3))
  assert one != batches(files, 20, input_pipeline.BatchSettings(4, seed=4))


@pytest.mark.parametrize("first_step", [1, 5, 6, 17])
def test_any_step_can_be_returned_to(files, first_step):
  settings = input_pipeline.BatchSettings(4, seed=3)
  whole = batches(files, 20, settings)
  rest = batches(files, 20 - first_step, settings, first_step=first_step)
  assert rest == whole[first_step:]


@pytest.mark.parametrize("seed", [None, 3])
def test_replicas_and_workers_share_a_batch(files, seed):
  settings = input_pipeline.BatchSettings(8, seed=seed)
  whole = batches(files, 6, settings)
  two = [
    batches(files, 12, settings, replicas=4, workers=2, worker=worker)
    for worker in (0, 1)
  ]
  for index, row in enumerate(whole):
    parts = [
      *two[0][2 * index : 2 * index + 2],
      *two[1][2 * index : 2 * index + 2],
    ]
    assert [number for part in parts for number in part] == row


def test_shapes_are_static_and_integers_int32(files):
  dataset = input_pipeline.replica_batches(
    files, FEATURES, {}, input_pipeline.BatchSettings(8), replicas=2
  )
  assert dataset.element_spec["x"] == tf.TensorSpec([4, 2], tf.int32)


def test_an_id_outside_its_table_is_found(files):
  settings = input_pipeline.BatchSettings(8)
  with pytest.raises(
    tf.errors.InvalidArgumentError, match="x of a record lies outside 0 to 9"
  ):
    batches(files, 3, settings, limits={"x": 10})


def test_no_file_matches(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"no file matches.*none\*"):
    record_files.find(str(tmp_path / "none*"))


@pytest.mark.parametrize("cut", [1, 5, 20, 40])
def test_truncated_file(files, cut):
  path = files.paths[0]
  with open(path, "r+b") as file:
    file.truncate(file.seek(0, 2) - cut)
  with pytest.raises(ValueError, match=r"a.tfrecord: record 1[12] at byte"):
    record_files.count_records(path)


def test_not_a_record_file(tmp_path):
  path = tmp_path / "text.tfrecord"
  path.write_text("It was a dark and stormy night in the records.")
  with pytest.raises(ValueError, match="truncated or no TFRecord file"):
    record_files.find(str(path))


def test_folder(tmp_path):
  with pytest.raises(ValueError, match="is a folder, not a TFRecord"):
    record_files.find(str(tmp_path))


def test_empty_files(tmp_path):
  (tmp_path / "empty.tfrecord").touch()
  with pytest.raises(ValueError, match=r"no records in .*empty.tfrecord"):
    record_files.find(str(tmp_path / "*"))


@pytest.mark.parametrize(
  "lengths, message",
  [
    ({"x": 3}, r"a.tfrecord: feature 'x' has 2 values, expected 3"),
    ({"y": 2}, r"a.tfrecord: its records have no feature 'y'; they have x"),
  ],
)
def test_first_records_are_checked(files, lengths, message):
  record_files.check_lengths(files, {"x": 2})
  with pytest.raises(ValueError, match=message):
    record_files.check_lengths(files, lengths)


def test_damaged_record(files):
  with open(files.paths[1], "r+b") as file:
    file.seek(20)
    file.write(b"\xff\xff\xff")
  with pytest.raises(ValueError, match=r"b.tfrecord: the first record is dam"):
    record_files.check_lengths(files, {"x": 2})


def test_compressed_records(files, tmp_path):
  data = pathlib.Path(files.paths[0]).read_bytes()
  (tmp_path / "z.tf_record").write_bytes(gzip.compress(data))
  with pytest.raises(ValueError, match=r"z.tf_record is compressed by gzip"):
    record_files.find(str(tmp_path / "z.tf_record"))


@pytest.mark.parametrize(
  "record, message",
  [
    (b"no example at all", "record 3 has no features"),
    (
      tf.train.Example(
        features=tf.train.Features(
          feature={
            "x": tf.train.Feature(
              int64_list=tf.train.Int64List(value=[1, 2, 3])
            )
          }
        )
      ).SerializeToString(),
      "record 3 has 3 x; expected 2 x, as in the first",
    ),
  ],
)
def test_a_later_record_of_another_form(files, tmp_path, record, message):
  write(tmp_path / "odd.tf_record", range(3))
  records = tf.data.TFRecordDataset(str(tmp_path / "odd.tf_record"))
  good = [each.numpy() for each in records]
  with tf.io.TFRecordWriter(str(tmp_path / "odd.tf_record")) as writer:
    for data in (*good, record):
      writer.write(data)
  found = record_files.find(str(tmp_path / "odd.tf_record"))
  record_files.check_lengths(found, {"x": 2})
  settings = input_pipeline.BatchSettings(1)
  with (
    pytest.raises(ValueError, match=f"odd.tf_record: {message}") as error,
    record_files.reading(found),
  ):
    batches(found, 4, settings)
  assert "{{" not in str(error.value)


def test_shuffling_reaches_far(tmp_path):
  write(tmp_path / "a.tfrecord", range(500))
  files = record_files.find(str(tmp_path / "a.tfrecord"))
  rows = batches(files, 500, input_pipeline.BatchSettings(1, seed=1))
  moved = np.abs(np.array(rows)[:, 0] - np.arange(500))
  assert moved.mean() > 100


def write_masks(path, lengths):
  with tf.io.TFRecordWriter(str(path)) as writer:
    for length in lengths:
      mask = tf.train.Int64List(value=[1] * length + [0] * (8 - length))
      feature = {"input_mask": tf.train.Feature(int64_list=mask)}
      example = tf.train.Example(features=tf.train.Features(feature=feature))
      writer.write(example.SerializeToString())


def test_share_of_padding(tmp_path):
  """Of the first records of files from all over the list."""
  features = {
    "input_mask": tf.io.FixedLenFeature([8], tf.int64),
    "x": tf.io.FixedLenFeature([2], tf.int64),  # not needed
  }
  for number in range(25):
    write_masks(tmp_path / f"{number:02d}", [8, 2] if number % 3 else [4])
  found = record_files.find(str(tmp_path / "*"))
  assert input_pipeline.padding_share(found, features) == 0.5
  write_masks(tmp_path / "long", [8] * 1000 + [1] * 1000)
  found = record_files.find(str(tmp_path / "long"))
  assert input_pipeline.padding_share(found, features) == 0.0
