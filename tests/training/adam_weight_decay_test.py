"""Bias correction, which the original leaves out, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.training import optimizers

RATE, STEPS = 0.5, 100
GRADIENTS = np.float32([[3.0, 4.0], [0.1, -0.2], [0.3, 0.0]])


def take_steps(gradients, kernel, done=0, is_compiled=False):
  variable = tf.Variable(kernel, name="kernel")
  settings = optimizers.OptimizerSettings(
    "adamw_bias_corrected", RATE, STEPS, 0
  )
  opt = optimizers.Optimizer(settings, [variable], is_compiled=is_compiled)
  opt.step.assign(done)
  for gradient in gradients:
    opt.apply([tf.constant(gradient)])
  return variable.numpy(), opt


@pytest.mark.parametrize("is_compiled", [False, True])
def test_against_numpy(is_compiled):
  start = np.float32([1.0, -2.0])
  got, _ = take_steps(GRADIENTS, start, is_compiled=is_compiled)
  want, m, v = start.astype(np.float64), np.zeros(2), np.zeros(2)
  for t, gradient in enumerate(GRADIENTS.astype(np.float64), 1):
    gradient /= max(np.linalg.norm(gradient), 1.0)
    rate = RATE * (1 - (t - 1) / STEPS)
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    scale = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    want -= rate * (scale * m / (np.sqrt(v) + 1e-6) + 0.01 * want)
  np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize(("is_compiled", "passes"), [(True, 0), (False, 1)])
def test_keras_has_no_decay_of_its_own(is_compiled, passes):
  """Its passes over the variables, subtracting 0, would take time."""
  names = ("dense/kernel", "dense/bias")  # The first one decays.
  variables = [tf.Variable(tf.ones([2]), name=name) for name in names]
  settings = optimizers.OptimizerSettings("adamw", RATE, STEPS, 0)
  opt = optimizers.Optimizer(settings, variables, is_compiled=is_compiled)

  @tf.function
  def step():
    opt.apply([tf.ones([2]), tf.ones([2])])

  operations = step.get_concrete_function().graph.get_operations()
  types = [operation.type for operation in operations]
  assert types.count("AssignSubVariableOp") == passes


def test_a_step_is_the_rate_at_first_and_is_counted_on_when_resumed():
  start = np.zeros(2, np.float32)
  first, opt = take_steps(GRADIENTS[:1], start)
  # Up to epsilon, which is not corrected.
  np.testing.assert_allclose(first, [-RATE, -RATE], rtol=1e-4)
  assert "bert_tf/optimizer_adamw_bias_corrected" in opt.state()
  later, _ = take_steps(GRADIENTS[:1], start, done=50)
  scale = np.sqrt(1 - 0.999**51) / (1 - 0.9**51)
  want = -RATE / 2 * scale * 0.1 / np.sqrt(0.001)
  np.testing.assert_allclose(later, [want, want], rtol=1e-4)
