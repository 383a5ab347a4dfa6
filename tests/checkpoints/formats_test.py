"""All forms: recognising, reading, writing whole or not at all, loading."""

import dataclasses
import json
import logging
import pathlib

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import (
  checkpoint_format,
  format_names,
  formats,
  portable_model,
  saver,
  variable_names,
)
from bert_tf.text import tokenizer_rules
from tests.checkpoints import made_up


def test_google_comes_back_with_everything(tmp_path):
  model = made_up.model(
    made_up.ALL_HEADS,
    labels=("a", "b", "c"),
    labels_of=portable_model.PER_TOKEN,
    rules=tokenizer_rules.TokenizerRules(lower_case=False),
  )
  state = {"global_step": np.int64(5), "output_bias/adam_m": np.ones(3)}
  model = dataclasses.replace(model, tensors=dict(model.tensors) | state)
  folder = str(tmp_path / "google")
  formats.write(model, "google", folder)
  assert formats.recognise(folder) == "google"
  found = formats.read(folder)
  assert dict(found.tensors).keys() == dict(model.tensors).keys()
  for field in dataclasses.fields(model):
    if field.name not in ("tensors", "path"):
      assert getattr(found, field.name) == getattr(model, field.name)
  lean = found.without_training_state()
  assert set(found.tensors) - set(lean.tensors) == set(state)
  assert formats.labels(folder) == ("a", "b", "c")


@pytest.mark.parametrize(
  "task, labels_of", [("tagging", "token"), ("cola", "sequence")]
)
@pytest.mark.parametrize("below", ["", "best"])
def test_labels_that_a_runner_wrote(tmp_path, task, labels_of, below):
  """It leaves no bert_config.json beside its checkpoints."""
  model = made_up.model(["classifier"])
  saver.save(model.tensors, str(tmp_path / below / "model.ckpt-3"))
  told = {"task": task, "labels": ["x", "y", "z"]}
  (tmp_path / "task.json").write_text(json.dumps(told))
  folder = str(tmp_path / below)
  found = formats.read(folder, config=made_up.CONFIG)
  assert found.labels == ("x", "y", "z") == formats.labels(folder)
  assert found.labels_of == labels_of
  made_up.assert_same_tensors(found, model)
  with pytest.raises(FileNotFoundError, match=r"no bert_config\.json beside"):
    formats.read(folder)


def test_configuration_is_given_to_google_s_form_alone(erf_folder):
  with pytest.raises(ValueError, match="has its own configuration"):
    formats.read(erf_folder, config=made_up.CONFIG)


class FailingFormat(checkpoint_format.WritableFormat):
  name = "failing"

  def mismatch(self, path):
    return "nothing"

  def read(self, path, config=None):
    raise FileNotFoundError(path)

  def lost(self, model):
    return []

  def write(self, model, folder):
    (pathlib.Path(folder) / "half").write_text("written")
    raise OSError("disk full")


def test_writing_that_fails_leaves_nothing(tmp_path):
  with pytest.raises(OSError, match="disk full"):
    formats.write(
      made_up.model(),
      "failing",
      str(tmp_path / "out"),
      formats=[FailingFormat()],
    )
  assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path):
  (tmp_path / "out").mkdir()
  with pytest.raises(FileExistsError, match="is there already"):
    formats.write(made_up.model(), "google", str(tmp_path / "out"))


def without(model, name):
  kept = {n: v for n, v in model.tensors.items() if n != name}
  return dataclasses.replace(model, tensors=kept)


def changed(model, name, value):
  return dataclasses.replace(model, tensors=dict(model.tensors) | {name: value})


NAME = "bert/encoder/layer_1/output/dense/bias"
WRONG = {
  "missing": (without(made_up.model(), NAME), f"1 variables .*{NAME}"),
  "shape": (
    changed(made_up.model(), NAME, np.zeros(9, np.float32)),
    rf"{NAME}: found \[9\], expected \[8\]",
  ),
  "block": (
    changed(made_up.model(), "bert/encoder/layer_2/x", np.zeros(1)),
    "unexpected layer: not in the config",
  ),
  "type": (
    changed(made_up.model(), NAME, np.zeros(8, np.int32)),
    "is of type int32, expected floating",
  ),
  "labels": (
    made_up.model(["classifier"], labels=("a",)),
    "1 labels, but the classifier has 3",
  ),
  "short vocabulary": (
    made_up.model(vocabulary=made_up.VOCABULARY[:-1]),
    "vocabulary has 19 word pieces, the model's table 20 rows",
  ),
  "long vocabulary": (
    made_up.model(vocabulary=(*made_up.VOCABULARY, "more")),
    "has 21 word pieces",
  ),
  "stranger": (
    changed(made_up.model(), "conv/kernel", np.zeros(1, np.float32)),
    "cannot hold 1 things: conv/kernel",
  ),
}


@pytest.mark.parametrize("case", WRONG)
def test_parts_that_do_not_fit(tmp_path, case):
  model, message = WRONG[case]
  with pytest.raises(ValueError, match=message):
    formats.write(model, "huggingface", str(tmp_path / "out"))
  assert not list(tmp_path.iterdir())


def test_unknown_names_are_kept_by_google_alone(tmp_path):
  model = WRONG["stranger"][0]
  formats.write(model, "google", str(tmp_path / "google"))
  found = formats.read(str(tmp_path / "google"))
  made_up.assert_same_tensors(found, model)
  formats.write(found, "huggingface", str(tmp_path / "hf"), allow_loss=True)
  made_up.assert_same_tensors(
    formats.read(str(tmp_path / "hf")), made_up.model()
  )


@pytest.fixture(scope="module")
def erf_folder(tmp_path_factory):
  """A Hugging Face folder of a model with all heads."""
  folder = str(tmp_path_factory.mktemp("erf") / "hf")
  model = made_up.with_act(made_up.model(made_up.ALL_HEADS), "gelu_erf")
  formats.write(model, "huggingface", folder)
  return folder


@pytest.mark.parametrize(
  "class_name",
  [
    "BertModel",
    "BertPretrainer",
    "BertClassifier",
    "BertTokenClassifier",
    "BertSpanLabeler",
  ],
)
def test_models_load_it_as_they_load_google_s(erf_folder, tmp_path, class_name):
  """The configuration and the number of classes are taken from it too."""
  google_folder = str(tmp_path / "google")
  formats.write(formats.read(erf_folder), "google", google_folder)
  model_class = getattr(bert_tf, class_name)
  found = model_class.from_checkpoint(erf_folder)
  wanted = model_class.from_checkpoint(google_folder)
  assert found.config.hidden_act == wanted.config.hidden_act == "gelu_erf"
  values = variable_names.by_name(wanted.variables)
  for name, variable in variable_names.by_name(found.variables).items():
    np.testing.assert_array_equal(variable, values[name], err_msg=name)


def test_another_gelu_than_the_checkpoint_s(erf_folder, caplog):
  with caplog.at_level(logging.WARNING):
    formats.reader(
      erf_folder, made_up.with_act(made_up.model(), "gelu_erf").config
    )
    assert not caplog.records
    formats.reader(erf_folder, made_up.CONFIG)
  assert "made with hidden_act gelu_erf, and bert_config.json says gelu:" in (
    caplog.text
  )


def test_reader_shows_names_as_google_s(erf_folder):
  reader = formats.reader(erf_folder)
  assert reader.shapes["output_weights"] == (3, 8)
  assert reader.dtypes["output_weights"] == "float32"
  assert reader.read("output_weights").shape == (3, 8)
  with pytest.raises(KeyError, match="has no variable 'x'"):
    reader.read("x")


def test_nothing_of_a_known_form(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"not a checkpoint of a known"):
    formats.recognise(str(tmp_path))
  with pytest.raises(FileNotFoundError, match=r"there is no file .*x\.index"):
    formats.recognise(str(tmp_path / "x"))


def test_each_format_says_what_it_looked_for(tmp_path):
  (tmp_path / "a.ckpt.index").touch()
  (tmp_path / "b.ckpt.index").touch()
  with pytest.raises(FileNotFoundError) as error:
    formats.recognise(str(tmp_path))
  assert str(error.value).splitlines() == [
    f"{tmp_path}: not a checkpoint of a known form:",
    "  keras_nlp: a folder with config.json: there is none",
    "  huggingface: a folder with config.json or model.safetensors: there is "
    "neither",
    "  saved_model: a folder with saved_model.pb: there is none",
    "  tf1_hub: a folder with saved_model.pb: there is none",
    "  model_garden: a folder with saved_model.pb or a TensorFlow 2 "
    "checkpoint: there is neither",
    f"  google: no checkpoint in {tmp_path}: expected bert_model.ckpt.index, "
    "found a.ckpt, b.ckpt",
  ]


def test_name_based_checkpoints_are_not_of_tensorflow_2(tmp_path):
  saver.save({"w": np.zeros(1, np.float32)}, str(tmp_path / "m.ckpt"))
  reason = formats.named("model_garden").mismatch(str(tmp_path))
  assert f"{tmp_path}/m.ckpt has no graph of objects" in reason


def test_a_saved_model_of_others_is_not_an_exported_one(tmp_path):
  (tmp_path / "saved_model.pb").touch()
  reason = formats.named("saved_model").mismatch(str(tmp_path))
  assert reason == f"{tmp_path}/assets/export.json: there is none"


def test_read_only_formats_are_not_written(tmp_path):
  with pytest.raises(ValueError, match=r"saved_model is only read.*google"):
    formats.write(made_up.model(), "saved_model", str(tmp_path / "out"))
  assert not list(tmp_path.iterdir())


def test_unknown_formats_are_named():
  with pytest.raises(ValueError, match=r"'onnx' is not known.*huggingface"):
    formats.write(made_up.model(), "onnx", "out")


class OneFileFormat(checkpoint_format.CheckpointFormat):
  """A format that a project adds: all tensors in model.npz."""

  name = "one_file"

  def mismatch(self, path):
    found = (pathlib.Path(path) / "model.npz").exists()
    return None if found else "model.npz: there is none"

  def read(self, path, config=None):
    with np.load(pathlib.Path(path) / "model.npz") as file:
      return made_up.model(tensors=dict(file), path=path, labels=("x", "y"))


def test_a_format_needs_three_things(tmp_path):
  model = made_up.model()
  np.savez(tmp_path / "model.npz", **model.tensors)
  added = [OneFileFormat(), *formats.FORMATS]
  path = str(tmp_path)
  assert formats.recognise(path, added) == "one_file"
  assert "one_file" not in formats.names(formats.writable(added))
  made_up.assert_same_tensors(formats.read(path, formats=added), model)
  assert formats.labels(path, added) == ("x", "y")
  reader = formats.reader(path, formats=added)
  assert reader.config() == made_up.CONFIG
  assert reader.shapes["bert/pooler/dense/bias"] == (8,)


def test_a_format_that_lacks_a_method_cannot_be_made():
  class Unfinished(checkpoint_format.WritableFormat):
    name = "unfinished"

  with pytest.raises(TypeError, match="abstract"):
    Unfinished()


SLOT = "bert/pooler/dense/kernel/momentums"


def test_any_optimizer_s_slots_are_training_state(tmp_path):
  """They are known by the variable that they stand below."""
  model = changed(made_up.model(), SLOT, np.zeros([8, 8], np.float32))
  formats.write(model, "google", str(tmp_path / "google"))
  found = formats.read(str(tmp_path / "google"))
  assert SLOT in found.tensors
  assert SLOT not in found.without_training_state().tensors
  formats.write(found, "huggingface", str(tmp_path / "hf"))
  made_up.assert_same_tensors(
    formats.read(str(tmp_path / "hf")), made_up.model()
  )


def test_flags_name_all_formats():
  assert set(format_names.READ) == set(formats.names())
  assert set(format_names.WRITTEN) == set(formats.names(formats.writable()))
