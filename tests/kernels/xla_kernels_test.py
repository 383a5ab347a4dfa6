"""Layers computed by compiled groups against the plain ones."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.kernels import modes, token_rows, xla_kernels
from bert_tf.layers import attention, encoder_block, named_variables

_CONFIG = bert_tf.BertConfig(
  vocab_size=11,
  hidden_size=8,
  num_attention_heads=2,
  intermediate_size=16,
  hidden_dropout_prob=0.3,
  initializer_range=0.5,
  attention_probs_dropout_prob=0.4,
)
_BATCH, _LENGTH = 3, 5
# Largest difference over largest value.
_TOLERANCES = {"float32": 5e-6, "mixed_bfloat16": 2e-2}


@pytest.fixture(autouse=True)
def same_weights():
  """Layers draw their weights; some are on the edge of the tolerances."""
  keras.utils.set_random_seed(1)


def _random(*shape, seed):
  return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def _rows():
  return token_rows.PaddedRows([_BATCH, _LENGTH], _CONFIG.num_attention_heads)


def _kernels(kind, training=True):
  mode = modes.Mode(kind, tf.constant([3, 4]))
  return modes.select(mode, training, tf.float32)


def _with_gradients(function, inputs, variables, kind):
  """Output and gradients of a random projection of it, in a graph."""
  with tf.GradientTape() as tape:
    tape.watch(inputs)
    output = function(*inputs, _kernels(kind))
    wide = tf.cast(output, tf.float32)
    loss = tf.reduce_sum(wide * _random(*output.shape, seed=9))
  return [wide, *tape.gradient(loss, [*inputs, *variables])]


def _assert_same(function, inputs, variables=(), precision="float32"):
  expected, found = (
    tf.function(_with_gradients)(function, inputs, variables, kind)
    for kind in (modes.PLAIN, modes.XLA)
  )
  for theirs, ours in zip(expected, found, strict=True):
    theirs, ours = tf.cast(theirs, tf.float32), tf.cast(ours, tf.float32)
    size = float(tf.reduce_max(tf.abs(theirs)))
    assert size > 1e-3
    difference = float(tf.reduce_max(tf.abs(theirs - ours)))
    assert difference < _TOLERANCES[precision] * size


@pytest.mark.parametrize("precision", _TOLERANCES)
def test_end_of_a_sublayer(precision):
  layer = encoder_block.SublayerOutput(
    _CONFIG, 16, name="output", dtype=precision
  )
  named_variables.build_under("output", layer, [None, 16])
  layer.layer_norm.gamma.assign(_random(8, seed=2))
  x, residual = _random(20, 16, seed=3), _random(20, 8, seed=4)
  dtype = layer.compute_dtype
  _assert_same(
    lambda x, residual, kernels: layer(
      tf.cast(x, dtype), tf.cast(residual, dtype), kernels
    ),
    [x, residual],
    layer.trainable_variables,
    precision,
  )


def test_wide_product():
  rng = np.random.default_rng(1)
  x, kernel = rng.normal(size=[6, 4]), rng.normal(size=[4, 9])
  upstream = rng.normal(size=[6, 9])
  inputs = [tf.constant(x, tf.float32), tf.constant(kernel, tf.float32)]
  with tf.GradientTape() as tape:
    tape.watch(inputs)
    y = xla_kernels.wide_product(*inputs)
  of_x, of_kernel = tape.gradient(y, inputs, tf.constant(upstream, tf.float32))
  np.testing.assert_allclose(y, x @ kernel, rtol=1e-5, atol=1e-5)
  np.testing.assert_allclose(of_x, upstream @ kernel.T, rtol=1e-5, atol=1e-5)
  np.testing.assert_allclose(of_kernel, x.T @ upstream, rtol=1e-5, atol=1e-5)


def test_block_with_all_groups_drops_the_same_entries():
  layer = encoder_block.Block(_CONFIG, name="layer_0")
  named_variables.build_under("layer_0", layer, [None, 8])
  x = _random(_BATCH * _LENGTH, 8, seed=6)
  bias = tf.zeros([_BATCH, 1, 1, _LENGTH])
  _assert_same(
    lambda x, kernels: layer(x, bias, _rows(), kernels),
    [x],
    # The key's bias has no gradient but rounding.
    [v for v in layer.trainable_variables if "key/bias" not in v.name],
  )


def test_groups_are_there_in_the_graph():
  layer = attention.SelfAttention(_CONFIG, name="self")
  named_variables.build_under("self", layer, [None, 8])
  x = _random(_BATCH * _LENGTH, 8, seed=7)

  def compiled_calls(kind):
    @tf.function
    def run():
      bias = tf.zeros([_BATCH, 1, 1, _LENGTH])
      return layer(x, bias, _rows(), _kernels(kind))

    nodes = run.get_concrete_function().graph.as_graph_def().node
    return sum(node.attr["_XlaMustCompile"].b for node in nodes)

  assert compiled_calls(modes.XLA) == 2
  assert compiled_calls(modes.PLAIN) == 0
