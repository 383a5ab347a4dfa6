"""Attention probabilities of a model, against NumPy."""

import math

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.checkpoints import variable_names
from bert_tf.kernels import modes
from tests.models import tiny

HEADS = tiny.CONFIG.num_attention_heads


@pytest.fixture(scope="module")
def batch():
  return tiny.encoder_batch()


@pytest.fixture(scope="module")
def encoder():
  return bert_tf.BertModel.from_checkpoint(tiny.FOLDER)


def expected(model, batch):
  """The probabilities of each layer, from what goes into it."""
  values = variable_names.by_name(model.variables)
  inputs = tiny.golden()["out/embedding_output"]
  outputs = tiny.golden()["out/all_encoder_layers"]
  mask = batch["input_mask"].numpy()
  for index, x in enumerate([inputs, *outputs[:-1]]):
    parts = []
    for name in ("query", "key"):
      scope = f"bert/encoder/layer_{index}/attention/self/{name}"
      y = x @ values[f"{scope}/kernel"].numpy() + values[f"{scope}/bias"]
      y = np.reshape(y, [*x.shape[:2], HEADS, -1])  # [B, S, N, D]
      parts.append(y.transpose(0, 2, 1, 3))
    query, key = parts
    scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(query.shape[-1])
    scores += (1 - mask)[:, None, None, :] * -10000.0
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    yield scores / scores.sum(-1, keepdims=True)  # [B, N, S, S]


def assert_expected(found, model, batch):
  wanted = list(expected(model, batch))
  assert len(found) == len(wanted) == tiny.CONFIG.num_hidden_layers
  for got, want in zip(found, wanted, strict=True):
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize(
  "mode",
  [
    None,
    modes.Mode(packed=True),
    modes.Mode(kernels="onednn"),
    modes.Mode(kernels="xla"),
  ],
  ids=["auto", "packed", "onednn", "xla"],
)
def test_they_are_numpy_s(encoder, batch, mode):
  found = encoder.attention_probabilities(batch, mode=mode)
  assert_expected(found, encoder, batch)


def test_with_the_other_outputs(encoder, batch):
  output = encoder(batch, output_attentions=True)
  tiny.assert_original(output, tiny.golden())
  assert_expected(output.attention_probabilities, encoder, batch)


def test_in_a_graph(encoder, batch):
  graph = tf.function(encoder.attention_probabilities)
  assert_expected(graph(batch), encoder, batch)


def test_in_training_padding_is_there_too(encoder, batch):
  mode = modes.Mode(packed=True, seed=tf.constant([1, 2]))
  found = encoder.attention_probabilities(batch, training=True, mode=mode)
  want = next(expected(encoder, batch))
  assert found[0].shape == want.shape
  left = np.asarray(found[0]) != 0
  assert 0.7 < left[want > 1e-6].mean() < 1  # what dropout left of them


def test_of_a_model_with_a_head(encoder, batch):
  model = bert_tf.BertClassifier.from_checkpoint(tiny.FOLDER, outputs=2)
  assert_expected(model.attention_probabilities(batch), encoder, batch)


def test_off_they_are_not_there(encoder, batch):
  assert encoder(batch).attention_probabilities == ()


def test_in_a_functional_model(encoder, batch):
  inputs = {
    name: keras.Input([None], dtype=tf.int32, name=name) for name in batch
  }
  output = encoder(inputs, output_attentions=True)
  model = keras.Model(inputs, output.attention_probabilities)
  assert model.output_shape[0] == (None, HEADS, None, None)
  assert_expected(model(batch), encoder, batch)
