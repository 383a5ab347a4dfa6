"""Writing name-based checkpoints."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.checkpoints import (
  checkpoint_reader,
  saver,
)


def test_save_is_read_back_bit_for_bit(tmp_path):
  rng = np.random.default_rng(1)
  values = {
    "bert/a/kernel": rng.normal(size=[3, 4]).astype(np.float32),
    "global_step": np.int64(2**40),
    "b": tf.Variable([1.5, np.nan]),
  }
  saver.save(values, str(tmp_path / "new" / "model.ckpt-1"))
  reader = checkpoint_reader.Reader(tmp_path / "new" / "model.ckpt-1")
  assert set(reader.shapes) == set(values)
  for name, value in values.items():
    np.testing.assert_array_equal(reader.read(name), value)
  assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
    "model.ckpt-1.data-00000-of-00001",
    "model.ckpt-1.index",
  ]


def test_save_that_fails_leaves_nothing(tmp_path):
  folder = tmp_path / "new"
  prefix = str(folder / "model.ckpt-1")
  saver.save({"w": np.float32([1])}, prefix)
  before = sorted(folder.iterdir())
  (folder / "model.ckpt-1.index").unlink()
  (folder / "model.ckpt-1.index").mkdir()  # the second renaming fails
  (folder / "model.ckpt-1.index" / "x").write_text("")
  with pytest.raises(OSError):
    saver.save({"w": np.float32([2])}, prefix)
  assert sorted(folder.iterdir()) == before


def test_tensorflow_1_saver_restores_it(tmp_path):
  """The original program restores through `tf.compat.v1.train.Saver`."""
  saver.save(
    {"w": np.float32([1, 2]), "global_step": np.int64(3)},
    str(tmp_path / "model.ckpt-3"),
  )
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    w = tf.compat.v1.get_variable("w", [2])
    step = tf.compat.v1.train.get_or_create_global_step()
    tf.compat.v1.train.Saver().restore(session, str(tmp_path / "model.ckpt-3"))
    np.testing.assert_array_equal(session.run(w), [1, 2])
    assert session.run(step) == 3
