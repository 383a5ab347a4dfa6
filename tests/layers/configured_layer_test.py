"""Layers that Keras makes again."""

import json

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import keras
from bert_tf.kernels import token_rows
from bert_tf.layers import (
  attention,
  attention_mask,
  embeddings,
  encoder_block,
  heads,
  layer_norm,
  named_variables,
  pooler,
)
from tests.models import saving

CONFIG = saving.CONFIG
RNG = np.random.default_rng(5)
X = RNG.normal(size=[6, 8]).astype(np.float32)  # 2 sequences of 3 tokens
ROWS = token_rows.PaddedRows([2, 3], CONFIG.num_attention_heads)
BIAS = attention_mask.attention_bias(np.ones([2, 3]))
IDS = RNG.integers(0, CONFIG.vocab_size, [6])

# Layers, and how each is called.
LAYERS = {
  "attention": (
    lambda: attention.SelfAttention(CONFIG, name="self"),
    lambda layer: layer(X, BIAS, ROWS),
  ),
  "block": (
    lambda: encoder_block.Block(CONFIG, name="layer_0"),
    lambda layer: layer(X, BIAS, ROWS),
  ),
  "dense": (
    lambda: named_variables.Dense(5, 0.02, "gelu", dtype="float64"),
    lambda layer: layer(tf.cast(X, tf.float64)),
  ),
  "embeddings": (
    lambda: embeddings.Embeddings(CONFIG, use_one_hot_embeddings=True),
    lambda layer: layer(IDS, tf.zeros_like(IDS), ROWS),
  ),
  "layer_norm": (
    lambda: layer_norm.LayerNorm(name="n"),
    lambda layer: layer(X),
  ),
  "linear_head": (
    lambda: heads.LinearHead(CONFIG, 3, trainable=False),
    lambda layer: layer(X),
  ),
  "masked_lm_head": (
    lambda: heads.MaskedLmHead(CONFIG),
    lambda layer: layer(X, tf.ones([CONFIG.vocab_size, 8])),
  ),
  "pooler": (
    lambda: pooler.Pooler(CONFIG),
    lambda layer: layer(X[None]),
  ),
  "sublayer_output": (
    lambda: encoder_block.SublayerOutput(CONFIG, 8),
    lambda layer: layer(X, X),
  ),
}
# Those that take tensors alone.
OF_TENSORS = ("dense", "layer_norm", "linear_head", "masked_lm_head", "pooler")


@pytest.mark.parametrize("name", LAYERS)
def test_made_again(name):
  make, call = LAYERS[name]
  layer = make()
  layer.build(tf.TensorShape([None, 8]))
  saving.randomize(layer)
  stored = json.dumps(keras.utils.serialize_keras_object(layer))
  found = keras.utils.deserialize_keras_object(json.loads(stored))
  assert type(found) is type(layer)
  assert found.get_config() == layer.get_config()
  assert found.trainable == layer.trainable
  found.build(tf.TensorShape([None, 8]))
  found.set_weights(layer.get_weights())
  np.testing.assert_array_equal(call(found), call(layer))


@pytest.mark.parametrize("form", ["m.keras", "m.h5", "m"])
def test_in_a_functional_model(form, tmp_path):
  sequence = keras.Input([3, 8])
  table = keras.Input([8], batch_size=CONFIG.vocab_size)
  x = layer_norm.LayerNorm(name="n")(sequence)
  x = named_variables.Dense(8, 0.02, "gelu")(x)
  outputs = [
    heads.LinearHead(CONFIG, 3)(x),
    heads.MaskedLmHead(CONFIG)(pooler.Pooler(CONFIG)(x), table),
  ]
  model = saving.randomize(keras.Model([sequence, table], outputs))
  model.save(str(tmp_path / form))
  found = keras.models.load_model(str(tmp_path / form))
  inputs = [X.reshape(2, 3, 8), tf.ones([CONFIG.vocab_size, 8])]
  saving.assert_equal(model, found, inputs)
