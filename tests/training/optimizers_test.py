"""Optimizers against the original's twenty steps and NumPy."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import keras
from bert_tf.checkpoints import checkpoint_reader, variable_names
from bert_tf.tasks.pretraining import loss
from bert_tf.training import (
  adam_weight_decay,
  addons,
  optimizers,
  step_compilation,
  step_functions,
)
from tests import needs
from tests.models import tiny

GOLDEN = optimizers.OptimizerSettings("adamw", 1e-3, 20, 5)


@pytest.mark.parametrize(
  "micro_batches, compilation",
  [(1, "none"), (2, "none"), (1, "groups"), (2, "groups"), (1, "whole")],
)
def test_twenty_steps_are_the_original_s(micro_batches, compilation):
  """Every weight, both moments and the losses, also in micro-batches.

  In the run that made this golden the rate was read after the step had been
  counted (TensorFlow 1 left the order of the two open; in the original's own
  training loop, `train_parity`, the rate comes first). So it is set ahead.
  """
  model = tiny.pretrainer(tiny.CONFIG.without_dropout())
  opt = optimizers.Optimizer(
    GOLDEN,
    model.trainable_variables,
    is_compiled=compilation == step_compilation.GROUPS,
  )
  train_step = tf.function(
    step_functions.TrainStep(
      model,
      loss.PretrainingObjective(),
      opt,
      micro_batches=micro_batches,
      compilation=compilation,
    )
  )
  batch = tiny.batch()
  losses = []
  for index in range(20):
    opt.step.assign(index + 1)
    losses.append(float(train_step(batch)["loss"]))
  opt.step.assign(20)
  with np.load(tiny.FOLDER / "optimizer_losses.npz") as file:
    np.testing.assert_allclose(losses, file["losses"], atol=1e-4)
  state = variable_names.by_name(model.variables) | opt.state()
  reader = checkpoint_reader.Reader(tiny.FOLDER / "resume_model.ckpt-20")
  assert set(state) == set(reader.shapes)
  for name, variable in state.items():
    np.testing.assert_allclose(
      variable.numpy(), reader.read(name), atol=1e-4, err_msg=name
    )


def steps_of(name, gradients, is_compiled=False, **variables):
  variables = [tf.Variable(v, name=key) for key, v in variables.items()]
  opt = optimizers.Optimizer(
    optimizers.OptimizerSettings(name, 0.5, 100, 0),
    variables,
    is_compiled=is_compiled,
  )
  norms = [
    float(opt.apply([tf.constant(g)] * len(variables))) for g in gradients
  ]
  return [v.numpy() for v in variables], norms, opt


GRADIENTS = [np.float32([3.0, 4.0]), np.float32([0.1, -0.2])]


@pytest.mark.parametrize("is_compiled", [False, True])
def test_adamw_against_numpy(is_compiled):
  start = np.float32([1.0, -2.0])
  (kernel, bias), norms, opt = steps_of(
    "adamw", GRADIENTS, is_compiled, kernel=start, bias=start
  )
  assert opt.inner.gradient_scale is None
  both = np.sqrt(2)  # two variables have the same gradient
  want_norms = [np.linalg.norm(g) * both for g in GRADIENTS]
  np.testing.assert_allclose(norms, want_norms, rtol=1e-6)
  for got, decay in ((kernel, 0.01), (bias, 0.0)):
    w, m, v = start.astype(np.float64), 0, 0
    for index, gradient in enumerate(GRADIENTS):
      rate = 0.5 * (1 - index / 100)
      g = gradient / max(1.0, want_norms[index])
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      w = w - rate * (m / (np.sqrt(v) + 1e-6) + decay * w)
    np.testing.assert_allclose(got, w, rtol=1e-5)


def test_sparse_gradients_are_dense_ones():
  variables = [tf.Variable(np.ones([4, 2], np.float32), name="table")]
  settings = optimizers.OptimizerSettings("adamw", 0.5, 100, 0)
  opt = optimizers.Optimizer(settings, variables)
  slices = tf.IndexedSlices(
    tf.constant([[0.1, 0.2], [0.3, 0.4]]), tf.constant([1, 1]), [4, 2]
  )
  opt.inner.apply_gradients([(slices, variables[0])])
  dense = tf.Variable(np.ones([4, 2], np.float32), name="table")
  other = optimizers.Optimizer(settings, [dense])
  other.inner.apply_gradients([(tf.convert_to_tensor(slices), dense)])
  np.testing.assert_allclose(variables[0], dense, rtol=1e-6)


def test_lamb_against_numpy():
  needs.addons()
  start = np.float32([1.0, -2.0])
  (kernel, bias), norms, opt = steps_of(
    "lamb", GRADIENTS, kernel=start, bias=start
  )
  for got, is_kernel in ((kernel, True), (bias, False)):
    w, m, v = start.astype(np.float64), 0, 0
    for index, gradient in enumerate(GRADIENTS):
      rate = 0.5 * (1 - index / 100)
      g = gradient / max(1.0, norms[index])
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      m_hat = m / (1 - 0.9 ** (index + 1))
      update = m_hat / (np.sqrt(v / (1 - 0.999 ** (index + 1))) + 1e-6)
      if is_kernel:
        update = update + 0.01 * w
        update *= np.linalg.norm(w) / np.linalg.norm(update)
      w = w - rate * update
    np.testing.assert_allclose(got, w, rtol=1e-4)
  assert set(opt.state()) == {
    "global_step",
    "bert_tf/optimizer_lamb",
    *(
      f"{v}/{slot}" for v in ("kernel", "bias") for slot in variable_names.SLOTS
    ),
  }
  assert int(opt.step) == 2


def decayed(w, is_kernel, rate, decay):
  return w - rate * decay * w if is_kernel else w


def test_lion_against_numpy():
  start = np.float32([1.0, -2.0])
  gradients = [*GRADIENTS, np.float32([-0.4, 0.1])]
  (kernel, bias), norms, _ = steps_of(
    "lion", gradients, kernel=start, bias=start
  )
  for got, is_kernel in ((kernel, True), (bias, False)):
    w, m = start.astype(np.float64), np.zeros(2)
    for index, gradient in enumerate(gradients):
      rate = 0.5 * (1 - index / 100)
      g = gradient / max(1.0, norms[index])
      w = decayed(w, is_kernel, rate, 0.1)
      w = w - rate * np.sign(0.9 * m + 0.1 * g)
      m = 0.99 * m + 0.01 * g
    np.testing.assert_allclose(got, w, rtol=1e-6)


def test_adafactor_against_numpy():
  start = np.float32([[1.0, -2.0, 0.5], [0.1, 3.0, -1.0]])
  rng = np.random.default_rng(3)
  gradients = [rng.normal(size=[2, 3]).astype(np.float32) for _ in range(3)]
  (kernel, bias), norms, _ = steps_of(
    "adafactor", gradients, kernel=start, bias=start
  )
  for got, is_kernel in ((kernel, True), (bias, False)):
    w, row, column = start.astype(np.float64), np.zeros(2), np.zeros(3)
    for index, gradient in enumerate(gradients):
      rate = 0.5 * (1 - index / 100)
      step = index + 1
      w = decayed(w, is_kernel, rate, 0.01)
      square = (gradient / max(1.0, norms[index])) ** 2 + 1e-30
      beta = 1 - step**-0.8
      row = beta * row + (1 - beta) * square.mean(1)
      column = beta * column + (1 - beta) * square.mean(0)
      v = np.outer(row, column) / row.mean()
      update = gradient / max(1.0, norms[index]) / np.sqrt(v)
      update /= max(1.0, np.sqrt((update**2).mean()))
      size = max(1e-3, np.sqrt((w**2).mean()))
      w = w - size * min(rate, step**-0.5) * update
    np.testing.assert_allclose(got, w, rtol=1e-5)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_decay_is_of_the_variables_that_the_original_decays(name):
  """Without gradients nothing else moves them."""
  needs.optimizer(name)
  names = [variable_names.variable_name(v) for v in tiny.pretrainer().variables]
  variables = [tf.Variable([1.0, 2.0], name=name) for name in names]
  opt = optimizers.Optimizer(
    optimizers.OptimizerSettings(name, 0.1, 10, 0), variables
  )
  opt.apply([tf.zeros([2])] * len(variables))
  moved = {
    name
    for name, variable in zip(names, variables, strict=True)
    if (variable.numpy() != [1.0, 2.0]).any()
  }
  assert moved == set(filter(variable_names.is_decayed, names))
  assert 0 < len(moved) < len(names)


def test_loss_scale_leaves_out_an_overflowing_step_and_counts_it():
  variable = tf.Variable([1.0], name="kernel")
  settings = optimizers.OptimizerSettings("adamw", 0.1, 10, 0)
  opt = optimizers.Optimizer(settings, [variable], loss_scaling=True)
  before = float(opt.state()["bert_tf/loss_scale"])
  assert float(opt.scale(tf.constant(2.0))) == 2 * before
  opt.apply([tf.constant([np.inf])])
  assert float(variable[0]) == 1.0
  assert int(opt.step) == 1
  assert float(opt.state()["bert_tf/loss_scale"]) == before / 2
  opt.apply([tf.constant([1.0])])
  assert float(variable[0]) < 1.0


def test_unknown_optimizer():
  with pytest.raises(ValueError, match=r"optimizer='sgd'.*adamw, .*lamb"):
    optimizers.OptimizerSettings("sgd", 1e-3, 10, 0)


def test_addons_are_asked_for_by_name_when_missing(monkeypatch):
  monkeypatch.setitem(sys.modules, "tensorflow_addons", None)
  with pytest.raises(ImportError, match=r"--optimizer=lamb.*not\s+installed"):
    addons.load()


def test_tensorflow_imported_first_is_said():
  code = """
import tensorflow
from bert_tf.training import addons
try:
  addons.load()
except ImportError as error:
  print(error)
"""
  run = subprocess.run(
    [sys.executable, "-c", code],
    env={**os.environ, "TF_USE_LEGACY_KERAS": "0"},
    capture_output=True,
    text=True,
    check=True,
  )
  assert "import bert_tf first" in run.stdout


def test_adamw_trains_under_keras_fit():
  """The optimizer is an ordinary Keras optimizer too."""
  model = keras.Sequential([keras.layers.Dense(1)])
  model.compile(adam_weight_decay.AdamWeightDecay(0.05), "mse")
  x = np.random.default_rng(0).normal(size=[64, 3]).astype(np.float32)
  y = x @ np.float32([[1], [2], [3]])
  history = model.fit(x, y, epochs=20, verbose=0).history["loss"]
  assert history[-1] < 0.1 * history[0]
