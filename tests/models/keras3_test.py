"""Keras 3 beside tf_keras: what it is told, and the bridge to it."""

import keras
import numpy as np
import pytest

import bert_tf
from bert_tf import keras as bert_tf_keras
from bert_tf.models import classifier
from tests.models import saving

LABELS = np.array([0, 2, 1, 0])
WRAP = r"bert_tf\.as_keras3_layer\(model\)"


@pytest.fixture(autouse=True)
def no_dropout(monkeypatch):
  monkeypatch.setattr(classifier, "_DROPOUT", 0.0)


def symbolic(model):
  return {
    name: keras.Input([None], dtype="int32", name=name)
    for name in saving.inputs_of(model)
  }


def compiled(model, of):
  model.compile(
    of.optimizers.SGD(0.1, momentum=0.9),
    of.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  return model


@pytest.mark.parametrize("name", saving.MODELS)
def test_inputs_of_keras_3(name):
  model = saving.MODELS[name]()
  with pytest.raises(
    TypeError, match=rf"Keras 3: take tf_keras\.Input, .*{WRAP}"
  ):
    model(symbolic(model))


def test_positional_inputs_of_keras_3():
  with pytest.raises(TypeError, match=WRAP):
    bert_tf.BertModel(saving.CONFIG)(keras.Input([None], dtype="int32"))


def test_sequential_of_keras_3():
  model = saving.MODELS["classifier"]()
  with pytest.raises(ValueError, match=WRAP):
    keras.Sequential([model])


def test_an_optimizer_of_keras_3():
  model = saving.MODELS["classifier"]()
  with pytest.raises(TypeError, match=r"'sgd' is of Keras 3.* tf_keras\.optim"):
    compiled(model, keras)


@pytest.mark.parametrize("name", saving.MODELS)
def test_the_layer_computes_what_the_model_does(name):
  model = saving.randomize(saving.MODELS[name]())
  layer = bert_tf.as_keras3_layer(model)
  inputs = symbolic(model)
  flat = keras.tree.flatten(layer(inputs))
  whole = keras.Model(inputs, flat)
  saving.assert_equal(model, whole, saving.inputs_of(model))
  assert whole.count_params() == model.count_params()


def test_fit_trains_the_model_itself():
  """As tf_keras trains it, step by step."""
  models = [saving.randomize(saving.MODELS["classifier"]()) for _ in range(2)]
  arrays = saving.inputs_of(models[0])
  layer = bert_tf.as_keras3_layer(models[0])
  inputs = symbolic(models[0])
  whole = compiled(keras.Model(inputs, layer(inputs)), keras)
  compiled(models[1], bert_tf_keras)
  for model in (whole, models[1]):
    model.fit(arrays, LABELS, epochs=5, shuffle=False, verbose=0)
  start = saving.randomize(saving.MODELS["classifier"]())
  for one, other, first in zip(
    models[0].variables, models[1].variables, start.variables, strict=True
  ):
    np.testing.assert_allclose(one, other, atol=1e-5, err_msg=one.name)
    is_zero = "key/bias" in one.name  # its gradient
    assert is_zero or np.abs(one - first).max() > 1e-5, one.name


def test_frozen_layers_are_not_trained():
  model = saving.randomize(saving.MODELS["classifier"]())
  model.bert.trainable = False
  before = model.bert.get_weights()
  whole = compiled(keras.Sequential([bert_tf.as_keras3_layer(model)]), keras)
  whole.fit(saving.inputs_of(model), LABELS, verbose=0)
  assert len(whole.trainable_variables) == 2
  for one, other in zip(model.bert.get_weights(), before, strict=True):
    np.testing.assert_array_equal(one, other)


def test_saved_by_keras_3(tmp_path):
  model = saving.randomize(saving.MODELS["classifier"]())
  model.bert.embeddings.trainable = False
  inputs = symbolic(model)
  layer = bert_tf.as_keras3_layer(model)
  x = keras.layers.Dense(3)(layer(inputs))
  whole = compiled(keras.Model(inputs, x), keras)
  arrays = saving.inputs_of(model)
  whole.fit(arrays, LABELS, verbose=0)
  whole.save(tmp_path / "m.keras")
  found = keras.models.load_model(tmp_path / "m.keras")
  saving.assert_equal(whole, found, arrays)
  for one in (whole, found):
    one.fit(arrays, LABELS, epochs=2, shuffle=False, verbose=0)
  saving.assert_equal(whole, found, arrays)
  assert len(found.trainable_variables) == len(whole.trainable_variables)


def test_other_things():
  with pytest.raises(TypeError, match="Dense is not a model of bert_tf"):
    bert_tf.as_keras3_layer(bert_tf_keras.layers.Dense(3))
