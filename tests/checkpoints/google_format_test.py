"""Google's checkpoints: finding, reading, loading, writing."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from absl import logging

import bert_tf
from bert_tf.checkpoints import checkpoint_prefix, google_format, variable_names
from bert_tf.models import pretrainer


@pytest.fixture
def tiny(testdata, tmp_path):
  return pathlib.Path(shutil.copytree(testdata / "tiny", tmp_path / "tiny"))


def variables(**values):
  return [tf.Variable(value, name=name) for name, value in values.items()]


def test_prefix_index_and_folder_are_the_same(tiny):
  prefix = str(tiny / "bert_model.ckpt")
  for path in (prefix, prefix + ".index", tiny):
    assert google_format.find_checkpoint(path) == prefix


def test_folder_with_a_checkpoint_file(tiny):
  (tiny / "checkpoint").write_text(
    'model_checkpoint_path: "resume_model.ckpt-20"\n'
  )
  assert google_format.find_checkpoint(tiny).endswith("resume_model.ckpt-20")


def test_nothing_there(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*x.index"):
    google_format.find_checkpoint(tmp_path / "x")
  with pytest.raises(FileNotFoundError, match=r"found no .index file"):
    google_format.find_checkpoint(tmp_path)


def test_no_configuration(tiny):
  (tiny / "bert_config.json").unlink()
  with pytest.raises(FileNotFoundError, match=r"no bert_config.json beside"):
    bert_tf.BertModel.from_checkpoint(tiny)


def test_save_is_read_back_bit_for_bit(tmp_path):
  rng = np.random.default_rng(1)
  values = {
    "bert/a/kernel": rng.normal(size=[3, 4]).astype(np.float32),
    "global_step": np.int64(2**40),
    "b": tf.Variable([1.5, np.nan]),
  }
  google_format.save(values, str(tmp_path / "new" / "model.ckpt-1"))
  reader = google_format.Reader(tmp_path / "new" / "model.ckpt-1")
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
  google_format.save({"w": np.float32([1])}, prefix)
  before = sorted(folder.iterdir())
  (folder / "model.ckpt-1.index").unlink()
  (folder / "model.ckpt-1.index").mkdir()  # the second renaming fails
  (folder / "model.ckpt-1.index" / "x").write_text("")
  with pytest.raises(OSError):
    google_format.save({"w": np.float32([2])}, prefix)
  assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("name", ["a[1]", "a\\1"])
def test_paths_that_tensorflow_takes_for_patterns(tiny, name):
  folder = tiny.rename(tiny.with_name(name))
  prefix = str(folder / "bert_model.ckpt")
  for path in (prefix, folder):
    assert google_format.find_checkpoint(path) == prefix
    with pytest.raises(ValueError, match=r"in the path of a check.*rename the"):
      bert_tf.BertModel.from_checkpoint(path)
  new = folder / "new"
  with pytest.raises(ValueError, match="rename the folder"):
    google_format.save({"w": np.float32([1])}, str(new / "m.ckpt"))
  assert not new.exists()


@pytest.mark.parametrize("name", ["a[1", "a*?", "a]{1}"])
def test_paths_that_look_odd_and_are_not(tmp_path, name):
  prefix = str(tmp_path / name / "m.ckpt")
  google_format.save({"w": np.float32([1])}, prefix)
  google_format.save({"w": np.float32([2])}, prefix + "-2")
  (tmp_path / name / "checkpoint").write_text('model_checkpoint_path: "m.ckpt"')
  reader = google_format.Reader(tmp_path / name)
  assert (reader.prefix, reader.read("w")) == (prefix, 1)
  checkpoint_prefix.remove(prefix)
  left = sorted(path.name for path in (tmp_path / name).iterdir())
  assert left == [
    "checkpoint",
    "m.ckpt-2.data-00000-of-00001",
    "m.ckpt-2.index",
  ]
  assert google_format.find_checkpoint(tmp_path / name) == prefix + "-2"


def test_tensorflow_1_saver_restores_it(tmp_path):
  """The original program restores through `tf.compat.v1.train.Saver`."""
  google_format.save(
    {"w": np.float32([1, 2]), "global_step": np.int64(3)},
    str(tmp_path / "model.ckpt-3"),
  )
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    w = tf.compat.v1.get_variable("w", [2])
    step = tf.compat.v1.train.get_or_create_global_step()
    saver = tf.compat.v1.train.Saver()
    saver.restore(session, str(tmp_path / "model.ckpt-3"))
    np.testing.assert_array_equal(session.run(w), [1, 2])
    assert session.run(step) == 3


def test_tensorflow_1_program_s_checkpoint_is_read(tmp_path):
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.get_variable("w", initializer=[4.0, 5.0])
    session.run(tf.compat.v1.global_variables_initializer())
    saver = tf.compat.v1.train.Saver()
    saver.save(session, str(tmp_path / "m.ckpt"), write_meta_graph=True)
  assert (tmp_path / "m.ckpt.meta").exists()
  np.testing.assert_array_equal(
    google_format.Reader(tmp_path).read("w"), [4, 5]
  )


def test_report_says_what_was_loaded_what_not_and_why(tmp_path):
  google_format.save(
    {
      "a": np.zeros(2, np.float32),
      "extra": np.zeros(1, np.float32),
      "a/adam_m": np.zeros(2, np.float32),
      "global_step": np.int64(1),
    },
    str(tmp_path / "m.ckpt"),
  )
  report = google_format.load(variables(a=[1.0, 1.0], new=[7.0]), tmp_path)
  assert report == google_format.LoadReport(
    {"a": (2,)}, ("new",), ("extra",), 2
  )
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
  google_format.save(
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
  google_format.load(model, tmp_path)
  assert said == [
    f"{tmp_path}/m.ckpt has no output_bias, but it has output_weights: "
    "output_bias is new, and the layer not the one that was trained"
  ]


def test_nothing_fits(tmp_path):
  google_format.save({"x": np.zeros(1, np.float32)}, str(tmp_path / "m.ckpt"))
  with pytest.raises(ValueError, match=r"no variable fits.* x .*a "):
    google_format.load(variables(a=[1.0]), tmp_path)


def test_wrong_shape_sets_nothing(tmp_path):
  google_format.save(
    {"a": np.zeros(1, np.float32), "b": np.zeros(3, np.float32)},
    str(tmp_path / "m.ckpt"),
  )
  model = variables(a=[1.0], b=[2.0, 2.0])
  with pytest.raises(
    ValueError, match=r"b: the checkpoint has \[3\], the model \[2\]"
  ):
    google_format.load(model, tmp_path)
  np.testing.assert_array_equal(model[0], [1.0])


def test_missing_variable_where_all_are_wanted(tiny, testdata):
  config = bert_tf.BertConfig.from_json_file(tiny / "bert_config.json")
  google_format.save(
    variable_names.by_name(bert_tf.BertModel(config).variables),
    str(tiny / "bert_model.ckpt"),
  )
  bert_tf.BertModel.from_checkpoint(tiny)
  with pytest.raises(ValueError, match="cls/predictions/output_bias"):
    google_format.load(
      pretrainer.BertPretrainer(config).variables, tiny, require_all=True
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
    google_format.Reader(tiny).read("nothing")


@pytest.mark.parametrize(
  "name, is_state, is_decayed",
  [
    ("bert/encoder/layer_0/output/dense/kernel", False, True),
    ("bert/encoder/layer_0/output/dense/bias", False, False),
    ("bert/embeddings/LayerNorm/gamma", False, False),
    ("cls/seq_relationship/output_weights", False, True),
    ("cls/seq_relationship/output_bias", False, False),
    ("bert/pooler/dense/kernel/adam_v", True, True),
    ("global_step", True, True),
  ],
)
def test_names(name, is_state, is_decayed):
  assert variable_names.is_training_state(name) is is_state
  assert variable_names.is_decayed(name) is is_decayed


def test_two_variables_of_one_name():
  with pytest.raises(ValueError, match=r"two variables .* 'a'"):
    variable_names.by_name([*variables(a=[1.0]), *variables(a=[2.0])])
