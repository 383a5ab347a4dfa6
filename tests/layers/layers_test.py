"""The layers against NumPy."""

import math

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from bert_tf import bert_config
from bert_tf.kernels import token_rows
from bert_tf.layers import (
  activations,
  attention,
  attention_mask,
  embeddings,
  encoder_block,
  heads,
  layer_norm,
  named_variables,
  pooler,
)

RNG = np.random.default_rng(5)
CONFIG = bert_config.BertConfig(
  vocab_size=11,
  hidden_size=8,
  num_hidden_layers=1,
  num_attention_heads=2,
  intermediate_size=12,
  max_position_embeddings=6,
  type_vocab_size=2,
)


def random(*shape):
  return RNG.normal(size=shape).astype(np.float32)


def randomize(layer):
  for variable in layer.variables:
    variable.assign(RNG.normal(size=variable.shape))
  return layer


def values(layer):
  return {
    variable.name.removesuffix(":0"): variable.numpy()
    for variable in layer.variables
  }


def np_gelu(x):
  inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
  return 0.5 * x * (1 + np.tanh(inner))


def np_gelu_erf(x):
  return 0.5 * x * (1 + scipy.special.erf(x / math.sqrt(2)))


def np_layer_norm(x, gamma, beta):
  centered = x - x.mean(-1, keepdims=True)
  spread = np.sqrt((centered**2).mean(-1, keepdims=True) + 1e-12)
  return centered / spread * gamma + beta


def test_gelu_is_the_tanh_form():
  x = np.linspace(-6, 6, 101).astype(np.float32)
  np.testing.assert_allclose(activations.gelu(x), np_gelu(x), atol=1e-6)
  off = np.abs(np_gelu(x) - np_gelu_erf(x)).max()
  assert 1e-4 < off < 4.8e-4  # the two can be told apart


@pytest.mark.parametrize(
  "name, function",
  [
    ("relu", lambda x: np.maximum(x, 0)),
    ("tanh", np.tanh),
    ("GELU", np_gelu),
    ("gelu_erf", np_gelu_erf),
  ],
)
def test_activation_by_name(name, function):
  x = random(5)
  found = activations.get_activation(name)(x)
  np.testing.assert_allclose(found, function(x), atol=1e-6)


@pytest.mark.parametrize("name", [None, "", "linear"])
def test_no_activation(name):
  assert activations.get_activation(name) is None


def test_unknown_activation_is_named():
  with pytest.raises(ValueError, match=r"hidden_act='swish'.*gelu, gelu_erf"):
    activations.get_activation("swish")


def test_attention_bias():
  bias = attention_mask.attention_bias(np.array([[1, 1, 0], [1, 0, 0]]))
  assert bias.shape == (2, 1, 1, 3)
  want = [[0, 0, -10000], [0, -10000, -10000]]
  np.testing.assert_array_equal(bias[:, 0, 0], want)


def test_layer_norm():
  x = random(3, 4, 8)
  layer = named_variables.build_under(
    "a", layer_norm.LayerNorm(name="LayerNorm"), [None, 8]
  )
  gamma, beta = random(8), random(8)
  layer.gamma.assign(gamma)
  layer.beta.assign(beta)
  np.testing.assert_allclose(layer(x), np_layer_norm(x, gamma, beta), atol=1e-5)


def test_layer_norm_of_bfloat16_is_computed_in_float32():
  x = tf.cast(random(2, 8) * 100, tf.bfloat16)
  layer = layer_norm.LayerNorm()
  layer.build([None, 8])
  y = layer(x)
  assert y.dtype == tf.bfloat16
  want = np_layer_norm(x.numpy().astype(np.float32), 1, 0)
  np.testing.assert_allclose(tf.cast(y, tf.float32), want, atol=1e-2)


def embed(layer, ids, segments):
  """[B, S] to [B, S, H]."""
  rows = token_rows.PaddedRows(ids.shape, 2)
  x = layer(rows.pack(ids), rows.pack(segments), rows)
  return rows.to_sequences(x)


def test_embeddings():
  layer = embeddings.Embeddings(CONFIG)
  layer.build()
  randomize(layer)
  ids = np.array([[1, 10, 3], [0, 0, 5]])
  segments = np.array([[0, 1, 1], [0, 0, 0]])
  v = values(layer)
  x = v["word_embeddings"][ids] + v["token_type_embeddings"][segments]
  x = x + v["position_embeddings"][:3]
  want = np_layer_norm(x, v["LayerNorm/gamma"], v["LayerNorm/beta"])
  np.testing.assert_allclose(embed(layer, ids, segments), want, atol=1e-4)


def test_one_hot_embeddings_are_the_same():
  gathered = embeddings.Embeddings(CONFIG)
  gathered.build()
  randomize(gathered)
  product = embeddings.Embeddings(CONFIG, use_one_hot_embeddings=True)
  product.build()
  product.set_weights(gathered.get_weights())
  ids = RNG.integers(0, 11, [2, 5])
  segments = RNG.integers(0, 2, [2, 5])
  np.testing.assert_allclose(
    embed(product, ids, segments), embed(gathered, ids, segments), atol=1e-5
  )


def np_attention(x, mask, v, prefix=""):
  batch, length, size = x.shape
  parts = {}
  for name in ("query", "key", "value"):
    y = x @ v[f"{prefix}{name}/kernel"] + v[f"{prefix}{name}/bias"]
    parts[name] = y.reshape(batch, length, 2, size // 2).transpose(0, 2, 1, 3)
  scores = parts["query"] @ parts["key"].transpose(0, 1, 3, 2)
  scores = scores / math.sqrt(size // 2)
  scores = scores + (1 - mask)[:, None, None, :] * -10000.0
  scores = np.exp(scores - scores.max(-1, keepdims=True))
  probabilities = scores / scores.sum(-1, keepdims=True)
  context = probabilities @ parts["value"]
  return context.transpose(0, 2, 1, 3).reshape(batch, length, size)


MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 0]])
ROWS = token_rows.PaddedRows([2, 4], CONFIG.num_attention_heads)


def test_attention():
  layer = attention.SelfAttention(CONFIG)
  layer.build()
  randomize(layer)
  x = random(2, 4, 8)
  got = layer(x.reshape(8, 8), attention_mask.attention_bias(MASK), ROWS)
  want = np_attention(x, MASK, values(layer))
  np.testing.assert_allclose(got, want.reshape(8, 8), atol=1e-4)


def test_padding_changes_nothing():
  layer = attention.SelfAttention(CONFIG)
  layer.build()
  randomize(layer)
  x, y = random(2, 4, 8), random(2, 4, 8)
  y[MASK == 1] = x[MASK == 1]
  bias = attention_mask.attention_bias(MASK)
  of_x = layer(x.reshape(8, 8), bias, ROWS).numpy().reshape(2, 4, 8)
  of_y = layer(y.reshape(8, 8), bias, ROWS).numpy().reshape(2, 4, 8)
  np.testing.assert_allclose(of_x[MASK == 1], of_y[MASK == 1], atol=1e-6)


def test_block():
  layer = encoder_block.Block(CONFIG)
  layer.build()
  randomize(layer)
  v = values(layer)
  x = random(2, 4, 8)
  a = np_attention(x, MASK, v, "attention/self/")
  a = a @ v["attention/output/dense/kernel"] + v["attention/output/dense/bias"]
  norm = "attention/output/LayerNorm/"
  a = np_layer_norm(a + x, v[f"{norm}gamma"], v[f"{norm}beta"])
  wide = np_gelu(
    a @ v["intermediate/dense/kernel"] + v["intermediate/dense/bias"]
  )
  y = wide @ v["output/dense/kernel"] + v["output/dense/bias"]
  y = np_layer_norm(
    y + a, v["output/LayerNorm/gamma"], v["output/LayerNorm/beta"]
  )
  got = layer(x.reshape(8, 8), attention_mask.attention_bias(MASK), ROWS)
  np.testing.assert_allclose(got, y.reshape(8, 8), atol=1e-3)


def test_pooler():
  layer = pooler.Pooler(CONFIG)
  layer.build()
  randomize(layer)
  v = values(layer)
  x = random(2, 4, 8)
  want = np.tanh(x[:, 0] @ v["dense/kernel"] + v["dense/bias"])
  np.testing.assert_allclose(layer(x), want, atol=1e-5)


def test_masked_lm_head():
  layer = heads.MaskedLmHead(CONFIG)
  layer.build()
  randomize(layer)
  v = values(layer)
  x, table = random(3, 8), random(11, 8)
  y = np_gelu(x @ v["transform/dense/kernel"] + v["transform/dense/bias"])
  y = np_layer_norm(
    y, v["transform/LayerNorm/gamma"], v["transform/LayerNorm/beta"]
  )
  want = y @ table.T + v["output_bias"]
  np.testing.assert_allclose(layer(x, table), want, atol=1e-4)


def test_linear_head():
  layer = heads.LinearHead(CONFIG, outputs=3)
  layer.build()
  randomize(layer)
  v = values(layer)
  x = random(4, 8)
  want = x @ v["output_weights"].T + v["output_bias"]
  np.testing.assert_allclose(layer(x), want, atol=1e-5)


def test_new_weights_are_truncated_normal():
  sample = named_variables.initializer(0.02)([200, 200]).numpy()
  assert np.abs(sample).max() <= 0.04 + 1e-6
  assert 0.015 < sample.std() < 0.02
