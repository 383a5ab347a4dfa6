"""Loading checkpoints into variables, and what is said of it."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from absl import logging

import bert_tf
from bert_tf.checkpoints import (
  loader,
  saver,
  variable_names,
)
from bert_tf.models import pretrainer


@pytest.fixture
def tiny(testdata, tmp_path):
  return pathlib.Path(shutil.copytree(testdata / "tiny", tmp_path / "tiny"))


def variables(**values):
  return [tf.Variable(value, name=name) for name, value in values.items()]


def test_report_says_what_was_loaded_what_not_and_why(tmp_path):
  saver.save(
    {
      "a": np.zeros(2, np.float32),
      "extra": np.zeros(1, np.float32),
      "a/adam_m": np.zeros(2, np.float32),
      "global_step": np.int64(1),
    },
    str(tmp_path / "m.ckpt"),
  )
  report = loader.load(variables(a=[1.0, 1.0], new=[7.0]), tmp_path)
  assert report == loader.LoadReport({"a": (2,)}, ("new",), ("extra",), 2)
  assert report.lines() == [
    "  a, [2]",
    "loaded 1 variables",
    "  not loaded: new (not in the checkpoint; initialized)",
    "  not used: extra (the model has no such variable)",
    "  not used: 2 optimizer entries (a new training starts at step 0)",
  ]


def test_a_layer_of_which_there_is_but_a_part_is_warned_of(
  tmp_path, monkeypatch
):
  said = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  saver.save(
    {
      "output_weights": np.zeros(2, np.float32),
      "bert/dense/kernel": np.zeros(2, np.float32),
    },
    str(tmp_path / "m.ckpt"),
  )
  model = [
    tf.Variable([1.0, 1.0], name=name)
    for name in (
      *("output_weights", "output_bias", "bert/dense/kernel"),
      *("bert/other/kernel", "bert/other/bias"),  # wholly new: nothing odd
    )
  ]
  loader.load(model, tmp_path)
  assert said == [
    f"{tmp_path}/m.ckpt has no output_bias, but it has output_weights: "
    "output_bias is new, and the layer not the one that was trained"
  ]


def test_nothing_fits(tmp_path):
  saver.save({"x": np.zeros(1, np.float32)}, str(tmp_path / "m.ckpt"))
  with pytest.raises(ValueError, match=r"no variable fits.* x .*a "):
    loader.load(variables(a=[1.0]), tmp_path)


def test_wrong_shape_sets_nothing(tmp_path):
  saver.save(
    {"a": np.zeros(1, np.float32), "b": np.zeros(3, np.float32)},
    str(tmp_path / "m.ckpt"),
  )
  model = variables(a=[1.0], b=[2.0, 2.0])
  with pytest.raises(
    ValueError, match=r"b: the checkpoint has \[3\], the model \[2\]"
  ):
    loader.load(model, tmp_path)
  np.testing.assert_array_equal(model[0], [1.0])


def test_missing_variable_where_all_are_wanted(tiny, testdata):
  config = bert_tf.BertConfig.from_json_file(tiny / "bert_config.json")
  saver.save(
    variable_names.by_name(bert_tf.BertModel(config).variables),
    str(tiny / "bert_model.ckpt"),
  )
  bert_tf.BertModel.from_checkpoint(tiny)
  with pytest.raises(ValueError, match="cls/predictions/output_bias"):
    loader.load(
      pretrainer.BertPretrainer(config).variables, tiny, require_all=True
    )
