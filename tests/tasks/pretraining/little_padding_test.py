"""Records with little padding, of which the padding is computed."""

import numpy as np
import tensorflow as tf

from tests.tasks.pretraining import training


def with_little_padding(path):
  """The records of the goldens, with all padding but 2 taken for tokens."""
  with tf.io.TFRecordWriter(str(path)) as writer:
    for data in tf.data.TFRecordDataset(str(training.EVAL / "data.tfrecord")):
      example = tf.train.Example.FromString(data.numpy())
      mask = example.features.feature["input_mask"].int64_list.value
      mask[-2:] = [0, 0]
      mask[:-2] = [1] * (len(mask) - 2)
      writer.write(example.SerializeToString())
  return path


def test_little_padding_is_computed(tmp_path):
  """With dropout, which drops other entries of packed rows."""
  dense = with_little_padding(tmp_path / "dense.tfrecord")
  for name, pack in ("default", None), ("padded", False), ("packed", True):
    training.pretrain(
      tmp_path / name,
      input_file=dense,
      layers=1,
      steps=2,
      devices={"pack": pack},
    )
  default, padded, packed = (
    training.read(tmp_path / name, 2)["bert/pooler/dense/kernel"]
    for name in ("default", "padded", "packed")
  )
  np.testing.assert_array_equal(default, padded)
  assert not np.array_equal(default, packed)
