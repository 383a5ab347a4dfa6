"""Keras saves all models and makes them again: nothing is different then."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.models import classifier
from tests import conftest
from tests.models import saving

FORMATS = {"keras": "m.keras", "hdf5": "m.h5", "saved_model": "m"}
FITS = {
  "classifier": lambda size: np.arange(size) % 3,
  "token_classifier": lambda size: np.arange(size * 6).reshape(size, 6) % 3,
}


@pytest.fixture(params=saving.MODELS)
def model(request):
  return saving.randomize(saving.MODELS[request.param]())


def again(model, path, **kwargs):
  model.save(path)
  return keras.models.load_model(path, **kwargs)


def compiled(model):
  model.compile(
    keras.optimizers.Adam(1e-3, jit_compile=False),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
  )
  return model


def fit(model, labels):
  inputs = saving.inputs_of(model)
  data = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(2)
  return model.fit(data, epochs=2, verbose=0).history


@pytest.mark.parametrize("file", ["m.keras", "m.h5"])
def test_alone(model, file, tmp_path):
  found = again(model, tmp_path / file)
  assert type(found) is type(model)
  assert found.config == model.config
  assert found.name == model.name
  saving.assert_equal(model, found, saving.inputs_of(model))
  names = [variable.name for variable in found.variables]
  assert names == [variable.name for variable in model.variables]


@pytest.mark.parametrize("name", ["encoder", "masked_lm", "classifier"])
def test_alone_as_a_saved_model(name, tmp_path):
  model = saving.randomize(saving.MODELS[name]())
  found = again(model, str(tmp_path / "m"))
  assert type(found) is type(model)
  for size in (4, 6):
    inputs = saving.batch(length=size)
    if name != "masked_lm":
      del inputs["masked_lm_positions"]
    saving.assert_equal(model, found, inputs)
    served = tf.saved_model.load(str(tmp_path / "m")).signatures
    got = served["serving_default"](**inputs)
    want = saving.outputs(model, inputs)
    assert len(got) >= len(want) - 1
    assert any(
      value.shape == want[-1].shape
      and np.abs(value.numpy() - want[-1]).max() < 1e-6
      for value in got.values()
    )


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize("form", ["keras", "hdf5"])
def test_training_goes_on(kind, form, tmp_path, monkeypatch):
  monkeypatch.setattr(classifier, "_DROPOUT", 0.0)  # drawn anew in each process
  model = compiled(saving.randomize(saving.MODELS[kind]()))
  labels = FITS[kind](4)
  fit(model, labels)
  found = again(model, tmp_path / FORMATS[form])
  assert int(found.optimizer.iterations) == 4
  assert fit(found, labels) == fit(model, labels)
  for one, another in zip(found.variables, model.variables, strict=True):
    np.testing.assert_array_equal(one, another, err_msg=one.name)


def test_hdf5_that_cannot_be_written_leaves_the_older_file(
  tmp_path, monkeypatch
):
  path = tmp_path / "m.h5"
  path.write_bytes(b"older")

  def fails(*args):
    raise OSError("no room")

  monkeypatch.setattr(keras.hdf5_format, "save_model_to_hdf5", fails)
  with pytest.raises(OSError, match="no room"):
    bert_tf.BertModel(saving.CONFIG).save(path)
  assert path.read_bytes() == b"older"


def test_hdf5_asks_before_it_replaces_a_file(tmp_path, monkeypatch):
  path = tmp_path / "m.h5"
  path.write_bytes(b"mine")
  monkeypatch.setattr("builtins.input", lambda text: "n")
  bert_tf.BertModel(saving.CONFIG).save(path, overwrite=False)
  assert path.read_bytes() == b"mine"


def test_clones(model):
  clone = keras.models.clone_model(model)
  clone.set_weights(model.get_weights())
  saving.assert_equal(model, clone, saving.inputs_of(model))


@pytest.mark.parametrize("form", FORMATS)
def test_inside_a_functional_model(form, tmp_path):
  encoder = bert_tf.BertModel(saving.CONFIG, name="left")
  inputs = saving.symbolic(saving.inputs_of(encoder))
  x = encoder(inputs).pooled_output
  if form != "hdf5":  # where variables of two encoders would have one name
    other = saving.MODELS["token_classifier"](name="right")
    x = keras.layers.concatenate([x, other(inputs)[:, 0]])
  model = keras.Model(inputs, keras.layers.Dense(3)(x))
  model = compiled(saving.randomize(model))
  fit(model, FITS["classifier"](4))
  found = again(model, str(tmp_path / FORMATS[form]))
  saving.assert_equal(model, found, saving.inputs_of(encoder))
  assert isinstance(found.get_layer("left"), bert_tf.BertModel)
  if form != "saved_model":  # Keras resumes no optimizer of a SavedModel
    labels = FITS["classifier"](4)
    assert fit(found, labels) == fit(model, labels)
  clone = keras.models.clone_model(model)
  clone.set_weights(model.get_weights())
  saving.assert_equal(model, clone, saving.inputs_of(encoder))


def test_each_inside_a_functional_model(model, tmp_path):
  inputs = saving.symbolic(saving.inputs_of(model))
  outputs = tf.nest.flatten(model(inputs))
  functional = keras.Model(inputs, [x for x in outputs if x is not None])
  found = again(functional, tmp_path / "m.keras")
  saving.assert_equal(functional, found, saving.inputs_of(model))


@keras.utils.register_keras_serializable("tests")
class Subclassed(keras.Model):
  """A model of a user's own, with one of ours in it."""

  def __init__(self, encoder, **kwargs):
    super().__init__(**kwargs)
    self.encoder = encoder
    self.dense = keras.layers.Dense(3)

  def call(self, inputs):
    return self.dense(self.encoder(inputs).pooled_output)

  def get_config(self):
    encoder = keras.utils.serialize_keras_object(self.encoder)
    return {**super().get_config(), "encoder": encoder}

  @classmethod
  def from_config(cls, config):
    encoder = keras.utils.deserialize_keras_object(config.pop("encoder"))
    return cls(encoder, **config)


@pytest.mark.parametrize("form", ["keras", "saved_model"])
def test_inside_a_subclassed_model(form, tmp_path):
  model = compiled(Subclassed(bert_tf.BertModel(saving.CONFIG)))
  labels = FITS["classifier"](4)
  fit(model, labels)
  found = again(model, str(tmp_path / FORMATS[form]))
  inputs = saving.inputs_of(model.encoder)
  saving.assert_equal(model, found, inputs)
  assert isinstance(found.encoder, bert_tf.BertModel)
  if form == "keras":
    assert fit(found, labels) == fit(model, labels)


@pytest.mark.parametrize("form", ["keras", "hdf5"])
def test_frozen_layers_stay_frozen(form, tmp_path):
  config = dataclasses.replace(saving.CONFIG, num_hidden_layers=2)
  model = saving.randomize(bert_tf.BertClassifier(config, 3))
  model.bert.embeddings.trainable = False
  model.bert.blocks[0].trainable = False
  model.bert.blocks[1].attention.query.trainable = False
  found = again(model, tmp_path / FORMATS[form])
  names = [variable.name for variable in found.trainable_variables]
  assert names == [variable.name for variable in model.trainable_variables]
  saving.assert_equal(model, found, saving.inputs_of(model))


def test_other_settings_are_kept():
  model = bert_tf.BertClassifier(
    saving.CONFIG, 2, use_one_hot_embeddings=True, dtype="bfloat16", name="c"
  )
  found = type(model).from_config(model.get_config())
  assert found.name == "c"
  assert found.bert.embeddings.use_one_hot_embeddings
  assert found.dtype_policy.name == found.bert.dtype_policy.name == "bfloat16"


def test_weights_alone(model, tmp_path):
  other = type(model).from_config(model.get_config())
  for name in ("w.weights.h5", "w.h5", "w"):
    saving.randomize(other)
    other.set_weights([0 * weight for weight in other.get_weights()])
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    saving.assert_equal(model, other, saving.inputs_of(model))


def test_summary_has_shapes(capsys):
  for make in saving.MODELS.values():
    model = make()
    model.summary()
    model.summary(expand_nested=True)
  printed = capsys.readouterr().out
  assert "multiple" not in printed
  assert "((None, None, 8)," in printed  # sequence and pooled
  assert " head (LinearHead)           (None, 3) " in printed


def test_a_process_that_only_loads(tmp_path):
  """`.keras` needs no more than the package; HDF5 the classes imported."""
  model = saving.randomize(saving.MODELS["classifier"]())
  for name in ("m.keras", "m.h5"):
    model.save(tmp_path / name)
  np.save(tmp_path / "want.npy", model(saving.inputs_of(model)))
  code = (
    "import os, bert_tf, numpy as np; from bert_tf import keras; "
    "from tests.models import saving"
    "\nkinds = bert_tf.custom_objects() if NAME == 'm.h5' else None"
    "\nmodel = keras.models.load_model(f'{FOLDER}/{NAME}', kinds)"
    "\ngot = model(saving.inputs_of(model))"
    "\nassert (got == np.load(f'{FOLDER}/want.npy')).numpy().all()"
  )
  for name in ("m.keras", "m.h5"):
    told = f"FOLDER, NAME = {str(tmp_path)!r}, {name!r}\n"
    subprocess.run(
      [sys.executable, "-c", told + code], cwd=conftest.ROOT, check=True
    )
