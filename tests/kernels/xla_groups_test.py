"""Compiled groups against the layers that they stand for."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.kernels import seeded_dropout, token_rows, xla_groups
from bert_tf.layers import (
  activations,
  attention,
  encoder_block,
  named_variables,
)

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
_TOLERANCES = {"float32": 2e-6, "mixed_bfloat16": 2e-2}


def _random(*shape, seed):
  return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def _rows():
  return token_rows.PaddedRows([_BATCH, _LENGTH], _CONFIG.num_attention_heads)


def _with_gradients(function, inputs, variables, groups):
  """Output and gradients of a random projection of it, in a graph."""
  with contextlib.ExitStack() as stack:
    stack.enter_context(seeded_dropout.seeded(tf.constant([3, 4])))
    stack.enter_context(xla_groups.groups(groups))
    tape = stack.enter_context(tf.GradientTape())
    tape.watch(inputs)
    output = function(*inputs)
    wide = tf.cast(output, tf.float32)
    loss = tf.reduce_sum(wide * _random(*output.shape, seed=9))
  return [wide, *tape.gradient(loss, [*inputs, *variables])]


def _assert_same(function, inputs, variables=(), precision="float32"):
  expected, found = (
    tf.function(_with_gradients)(function, inputs, variables, groups)
    for groups in (False, True)
  )
  for theirs, ours in zip(expected, found, strict=True):
    theirs, ours = tf.cast(theirs, tf.float32), tf.cast(ours, tf.float32)
    size = float(tf.reduce_max(tf.abs(theirs)))
    assert size > 1e-3
    difference = float(tf.reduce_max(tf.abs(theirs - ours)))
    assert difference < _TOLERANCES[precision] * size


@pytest.mark.parametrize("precision", _TOLERANCES)
def test_gelu(precision):
  x = _random(64, 8, seed=1) * 3.0
  if precision != "float32":
    x = tf.cast(x, tf.bfloat16)
  _assert_same(activations.gelu, [x], precision=precision)


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
    lambda x, residual: layer(
      tf.cast(x, dtype), tf.cast(residual, dtype), training=True
    ),
    [x, residual],
    layer.trainable_variables,
    precision,
  )


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_attention_probabilities(rate):
  scores = _random(_BATCH, 2, _LENGTH, _LENGTH, seed=5) * 3.0
  bias = np.zeros([_BATCH, 1, 1, _LENGTH], np.float32)
  bias[0, ..., 2:] = -10000.0

  def apply(scores):
    if xla_groups.is_wanted():
      return xla_groups.attention_probabilities(scores, bias, 0.5, rate)
    probabilities = tf.nn.softmax(scores * 0.5 + bias)
    return seeded_dropout.dropout(probabilities, rate, training=True)

  _assert_same(apply, [scores])


def test_wide_product():
  rng = np.random.default_rng(1)
  x, kernel = rng.normal(size=[6, 4]), rng.normal(size=[4, 9])
  upstream = rng.normal(size=[6, 9])
  inputs = [tf.constant(x, tf.float32), tf.constant(kernel, tf.float32)]
  with tf.GradientTape() as tape:
    tape.watch(inputs)
    y = xla_groups.wide_product(*inputs)
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
    lambda x: layer(x, bias, _rows(), training=True),
    [x],
    # The key's bias has no gradient but rounding.
    [v for v in layer.trainable_variables if "key/bias" not in v.name],
  )


def test_groups_are_there_in_the_graph():
  layer = attention.SelfAttention(_CONFIG, name="self")
  named_variables.build_under("self", layer, [None, 8])
  x = _random(_BATCH * _LENGTH, 8, seed=7)

  def compiled_calls(groups, training):
    @tf.function
    def run():
      with (
        seeded_dropout.seeded(tf.constant([1, 2])),
        xla_groups.groups(groups),
      ):
        bias = tf.zeros([_BATCH, 1, 1, _LENGTH])
        return layer(x, bias, _rows(), training=training)

    nodes = run.get_concrete_function().graph.as_graph_def().node
    return sum(node.attr["_XlaMustCompile"].b for node in nodes)

  assert compiled_calls(groups=True, training=True) == 2
  assert compiled_calls(groups=False, training=True) == 0
  assert compiled_calls(groups=True, training=False) == 0


def test_without_a_seed_nothing_is_compiled():
  with xla_groups.groups(True):
    assert not xla_groups.is_wanted()
    with seeded_dropout.seeded(tf.constant([1, 2])):
      assert xla_groups.is_wanted()
      assert not xla_groups.is_wanted(training=False)
  with seeded_dropout.seeded(tf.constant([1, 2])):
    assert not xla_groups.is_wanted()
