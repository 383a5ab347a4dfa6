"""Products in int8 keep outputs that are much smaller than others."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.export import export_settings, text_modules
from bert_tf.inputs import model_inputs
from bert_tf.kernels import modes
from bert_tf.runtimes import (
  conversion,
  engines,
  integer_products,
  integer_quantizer,
)

LENGTH = 8
SIZES = np.array([1, 1.5, 200, 0.8, 1.2, 1], np.float32)


class Dense(tf.Module):
  """A layer with one output that is much larger than the others."""

  def __init__(self):
    super().__init__()
    kernel = np.random.default_rng(1).normal(size=[16, len(SIZES)]) / 4
    self.kernel = tf.Variable(kernel * SIZES, dtype=tf.float32, name="kernel")
    self.bias = tf.Variable(SIZES / 4, name="bias")


class Uneven(text_modules.Served):
  """That layer, of values that depend on the ids."""

  def from_ids(self, features):
    kernels = modes.select(self._mode(), False, tf.float32)
    ids = tf.cast(tf.reshape(features["input_ids"], [-1, 1]), tf.float32)
    x = tf.sin(ids * tf.range(1.0, 17.0))  # [T, 16]
    y = kernels.dense(x, self.model.kernel, self.model.bias)
    return {"value": (y + y)[None]}  # [1, T, O]


@pytest.fixture(scope="module")
def module():
  settings = export_settings.ExportSettings("regressor")
  return Uneven(Dense(), None, settings, [""], conversion.MODE)


def samples(count, real=LENGTH):
  ids = np.random.default_rng(2).integers(1, 99, [count, 1, LENGTH], np.int32)
  mask = np.arange(LENGTH) < np.full([1, LENGTH], real)
  ones = mask.astype(np.int32)
  return [
    dict(zip(model_inputs.NAMES, (row * ones, ones, 0 * ones), strict=True))
    for row in ids
  ]


def test_each_output_keeps_its_own_scale(module):
  inputs = samples(30)
  model = conversion.litert(module, [LENGTH], "int8", inputs)
  run = engines.LitertEngine(model, [LENGTH])
  want, found = (
    np.concatenate([next(iter(engine(x)))["value"] for x in inputs])
    for engine in (conversion.LibraryEngine(module), run)
  )  # [30 * T, O]
  lost = np.sqrt(np.square(found - want).mean(0)) / want.std(0)
  assert (lost > 0).all()  # it is int8
  assert (lost < 0.02).all()


def test_even_kernels_compute_the_same(module):
  inputs = samples(3)
  even = integer_products.even(module, inputs)
  for x in inputs:
    features = {name: tf.constant(value) for name, value in x.items()}
    want, found = (m.from_ids(features)["value"] for m in (module, even))
    np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-4)


def test_padding_is_not_measured():
  """A sample's padding has tokens of the text while ranges are taken."""
  name, found = integer_quantizer.calibration([LENGTH], samples(1, real=3))[0]
  assert name == engines.signature(LENGTH)
  ids = found["input_ids"][0]
  assert ids.tolist() == [*ids[:3], *ids[:3], *ids[:2]]
  assert found["input_mask"].tolist() == [[1] * 3 + [0] * 5]
