"""The original's optimizer in Keras's `fit`: the commands' steps."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.models import classifier
from bert_tf.tasks.classification import loss, task_definition
from bert_tf.training import optimizer_table, optimizers, step_functions
from tests import needs
from tests.models import saving

STEPS, WARMUP, RATE = 20, 5, 3e-2  # a rate at which a wrong step shows
LABELS = np.array([0, 2, 1, 0])


@pytest.fixture(autouse=True)
def no_dropout(monkeypatch):
  monkeypatch.setattr(classifier, "_DROPOUT", 0.0)


def fitted():
  model = saving.randomize(saving.MODELS["classifier"]())
  model.compile(
    bert_tf.create_optimizer(RATE, STEPS, WARMUP),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  inputs = saving.inputs_of(model)
  model.fit(
    inputs, LABELS, batch_size=4, epochs=STEPS, shuffle=False, verbose=0
  )
  return model


def trained_by_the_commands():
  """The step of the runners; gathers give sparse gradients, as there."""
  model = saving.randomize(saving.MODELS["classifier"]())
  optimizer = optimizers.Optimizer(
    optimizer_table.OptimizerSettings("adamw", RATE, STEPS, WARMUP),
    model.trainable_variables,
  )
  objective = loss.ClassificationObjective(task_definition.SINGLE_LABEL)
  step = tf.function(step_functions.TrainStep(model, objective, optimizer))
  batch = saving.inputs_of(model) | {
    "label_ids": LABELS.astype(np.int32),
    "is_real_example": np.ones(4, np.int32),
  }
  batch = {name: tf.constant(value) for name, value in batch.items()}
  norms = [float(step(batch)["gradient_norm"]) for _ in range(STEPS)]
  return model, norms


def test_twenty_steps_are_the_commands():
  model, norms = trained_by_the_commands()
  assert max(norms) > 1 > min(norms)  # some are clipped, some are not
  start = saving.randomize(saving.MODELS["classifier"]())
  found = fitted()
  for one, other, first in zip(
    found.variables, model.variables, start.variables, strict=True
  ):
    if "key/bias" in one.name:
      continue  # its gradient is 0 but for rounding, which Adam scales up
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-5, err_msg=one.name)
    assert np.abs(other - first).max() > 1e-3, one.name


def test_the_schedule_is_the_original_s():
  optimizer = bert_tf.create_optimizer(1e-3, 100, 10)
  rate = optimizer._learning_rate
  assert [float(rate(step)) for step in (0, 5, 10, 100)] == pytest.approx(
    [0, 5e-4, 9e-4, 0]
  )


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_saved_and_resumed(name, tmp_path):
  model = fitted()
  model.save(tmp_path / name)
  found = keras.models.load_model(tmp_path / name)
  assert found.optimizer.get_config() == model.optimizer.get_config()
  assert found.optimizer.global_clipnorm == 1.0
  inputs = saving.inputs_of(model)
  for one in (model, found):
    one.optimizer._learning_rate.num_train_steps = 2 * STEPS
    one.fit(inputs, LABELS, epochs=2, shuffle=False, verbose=0)
  for one, other in zip(found.variables, model.variables, strict=True):
    np.testing.assert_array_equal(one, other, err_msg=one.name)


@pytest.mark.parametrize("name", optimizer_table.OPTIMIZERS)
def test_every_optimizer_of_the_flag_clips(name):
  needs.optimizer(name)
  optimizer = bert_tf.create_optimizer(1e-3, 10, name=name)
  assert optimizer.global_clipnorm == 1.0


def test_settings_that_are_none():
  with pytest.raises(ValueError, match="'adm' is not known"):
    bert_tf.create_optimizer(1e-3, 10, name="adm")
  with pytest.raises(ValueError, match="num_train_steps=0"):
    bert_tf.create_optimizer(1e-3, 0)


def test_class_weights():
  """A class of weight 0 is not learned from."""
  weighted, alone = [], []
  for labels, weights, into in (
    (LABELS, {0: 2.0, 1: 0.0, 2: 0.0}, weighted),
    (np.where(LABELS == 0, 0, 1), {0: 2.0, 1: 0.0}, alone),
  ):
    model = saving.randomize(saving.MODELS["classifier"]())
    model.compile(
      bert_tf.create_optimizer(RATE, 10),
      keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    inputs = saving.inputs_of(model)
    model.fit(
      inputs, labels, epochs=3, class_weight=weights, shuffle=False, verbose=0
    )
    into.extend(model.get_weights())
  for one, other in zip(weighted, alone, strict=True):
    np.testing.assert_array_equal(one, other)
