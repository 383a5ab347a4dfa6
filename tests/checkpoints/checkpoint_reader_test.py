"""Reading name-based checkpoints, damaged ones too."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import (
  checkpoint_reader,
)


@pytest.fixture
def tiny(testdata, tmp_path):
  return pathlib.Path(shutil.copytree(testdata / "tiny", tmp_path / "tiny"))


def test_no_configuration(tiny):
  (tiny / "bert_config.json").unlink()
  with pytest.raises(FileNotFoundError, match=r"no bert_config.json beside"):
    bert_tf.BertModel.from_checkpoint(tiny)


def test_tensorflow_1_program_s_checkpoint_is_read(tmp_path):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.get_variable("w", initializer=[4.0, 5.0])
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.train.Saver().save(
      session, str(tmp_path / "m.ckpt"), write_meta_graph=True
    )
  assert (tmp_path / "m.ckpt.meta").exists()
  np.testing.assert_array_equal(
    checkpoint_reader.Reader(tmp_path).read("w"), [4, 5]
  )


def test_truncated_data_file(tiny):
  path = tiny / "bert_model.ckpt.data-00000-of-00001"
  path.write_bytes(path.read_bytes()[:1000])
  with pytest.raises(ValueError, match=r"bert_model.ckpt: cannot read the"):
    bert_tf.BertModel.from_checkpoint(tiny)


def test_damaged_index_file(tiny):
  (tiny / "bert_model.ckpt.index").write_bytes(b"nonsense")
  with pytest.raises(ValueError, match="damaged or incomplete"):
    bert_tf.BertModel.from_checkpoint(tiny)


def test_missing_data_file(tiny):
  (tiny / "bert_model.ckpt.data-00000-of-00001").unlink()
  with pytest.raises(ValueError, match="damaged or incomplete"):
    bert_tf.BertModel.from_checkpoint(tiny)


def test_unknown_name(tiny):
  with pytest.raises(KeyError, match="no variable 'nothing'"):
    checkpoint_reader.Reader(tiny).read("nothing")
