"""Which kernels a mode selects, and that all kinds compute the same."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.kernels import modes, onednn_kernels, plain_kernels, xla_kernels

B, N, S, H, WIDE = 3, 2, 5, 8, 16
SEED = [3, 4]
RATE = 0.3
# Largest difference over largest value.
TOLERANCES = {"float32": 2e-6, "bfloat16": 2e-2}


def inputs(dtype):
  """By operation: arguments that have a gradient, and the others."""
  rng = np.random.default_rng(1)

  def random(*shape, dtype="float32"):
    return tf.cast(tf.constant(rng.normal(size=shape)), dtype)

  bias = np.zeros([B, 1, 1, S], np.float32)
  bias[0, ..., 2:] = -10000.0
  scores = random(B, N, S, S, dtype=dtype) * 3.0
  x, residual = random(B * S, H, dtype=dtype), random(B * S, H, dtype=dtype)
  gamma, beta = random(H), random(H)
  wide = random(B * S, WIDE, dtype=dtype)
  return {
    "dense": ([x, random(H, WIDE, dtype=dtype), random(WIDE, dtype=dtype)], {}),
    "gelu": ([wide * 3.0], {}),
    "dropout": ([x], {"rate": RATE}),
    "softmax_dropout": (
      [scores],
      {"bias": tf.constant(bias), "scale": 0.5, "rate": RATE},
    ),
    "layer_norm": ([x, gamma, beta], {}),
    "add_norm": ([x, residual, gamma, beta], {"rate": RATE}),
  }


OPERATIONS = sorted(inputs("float32"))


def assert_near(found, expected, dtype):
  found, expected = tf.cast(found, tf.float32), tf.cast(expected, tf.float32)
  size = float(tf.reduce_max(tf.abs(expected)))
  assert size > 1e-3
  difference = float(tf.reduce_max(tf.abs(found - expected)))
  assert difference < TOLERANCES[dtype] * size


def with_gradients(kind, training, operation, dtype):
  """Output and gradients of a random projection of it, in a graph."""
  arguments, settings = inputs(dtype)[operation]
  projection = np.random.default_rng(9)

  @tf.function
  def run(arguments):
    kernels = modes.select(modes.Mode(kind, tf.constant(SEED)), training, dtype)
    with tf.GradientTape() as tape:
      tape.watch(arguments)
      output = getattr(kernels, operation)(*arguments, **settings)
      wide = tf.cast(output, tf.float32)
      weights = projection.normal(size=output.shape)
      loss = tf.reduce_sum(wide * tf.constant(weights, tf.float32))
    return [output, *tape.gradient(loss, arguments)]

  return run(arguments)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_xla_computes_what_plain_does_gradients_too(operation, dtype):
  wants = with_gradients(modes.PLAIN, True, operation, dtype)
  gots = with_gradients(modes.XLA, True, operation, dtype)
  assert gots[0].dtype == dtype
  for got, want in zip(gots, wants, strict=True):
    assert_near(got, want, dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("kind", [modes.ONEDNN, modes.XLA])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_inference_computes_what_plain_does(operation, kind, dtype):
  arguments, settings = inputs(dtype)[operation]

  @tf.function
  def run(kind):
    kernels = modes.select(modes.Mode(kind), False, dtype)
    return getattr(kernels, operation)(*arguments, **settings)

  assert_near(run(kind), run(modes.PLAIN), dtype)


@pytest.mark.parametrize("kind", [modes.PLAIN, modes.XLA])
def test_masks_are_functions_of_the_seed_and_their_number(kind):
  x = tf.ones([50, 50])
  gamma, beta = tf.ones([50]), tf.zeros([50])

  def masks(seed):
    kernels = modes.select(modes.Mode(kind, tf.constant(seed)), True, x.dtype)
    return [
      kernels.add_norm(x, tf.zeros([50, 50]), gamma, beta, 0.5).numpy() > 0
      for _ in range(2)
    ]

  first, second = masks([3, 4])
  np.testing.assert_array_equal(first, masks([3, 4])[0])
  assert (first != second).mean() > 0.4
  assert (first != masks([3, 5])[0]).mean() > 0.4


def test_dropout_keeps_the_mean_and_drops_at_its_rate():
  for seed in (None, tf.constant([1, 2])):
    kernels = modes.select(modes.Mode(seed=seed), True, "float32")
    y = kernels.dropout(tf.ones([400, 500]), 0.1).numpy()
    assert abs((y == 0).mean() - 0.1) < 0.005
    np.testing.assert_allclose(y[y != 0], 1 / 0.9, rtol=1e-6)


def test_dropout_does_nothing_outside_of_training():
  x = tf.ones([4, 4])
  assert modes.select(None, False, x.dtype).dropout(x, 0.5) is x
  assert modes.select(None, True, x.dtype).dropout(x, 0.0) is x


def test_unknown_kernels():
  with pytest.raises(ValueError, match="kernels='fast' is not known"):
    modes.Mode("fast")


def test_xla_needs_a_seed_to_drop():
  kernels = modes.select(modes.Mode(modes.XLA), True, "float32")
  x = tf.ones([4, 4])
  with pytest.raises(ValueError, match="needs a seed"):
    kernels.add_norm(x, x, x[0], x[0], 0.5)


def test_what_auto_selects(monkeypatch):
  assert (
    type(modes.select(None, False, "float32")) is plain_kernels.PlainKernels
  )

  def selected(training, dtype="float32"):
    found = []

    @tf.function
    def run():
      found.append(modes.select(modes.Mode(), training, dtype))

    run()
    return type(found[0])

  monkeypatch.setattr(onednn_kernels, "is_on", lambda: True)
  assert selected(True) is plain_kernels.PlainKernels
  assert selected(False, "float16") is plain_kernels.PlainKernels
  if not tf.config.list_logical_devices("GPU"):
    assert selected(False) is onednn_kernels.OnednnKernels
    assert selected(False, "bfloat16") is onednn_kernels.OnednnKernels
  monkeypatch.setattr(onednn_kernels, "is_on", lambda: False)
  assert selected(False) is plain_kernels.PlainKernels


def test_kernels_are_handed_on_as_they_are():
  kernels = modes.select(modes.Mode(modes.XLA), True, "float32")
  assert isinstance(kernels, xla_kernels.XlaKernels)
  assert modes.select(kernels, True, "float32") is kernels
