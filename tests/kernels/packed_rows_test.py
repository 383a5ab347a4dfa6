"""Rows of training: values and gradients of real tokens, none of padding."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.kernels import modes, packed_rows, token_rows

MASK = np.array([[1, 1, 0, 0] * 5, [1, 0, 1, 1] * 5, [0] * 20], np.int32)
B, S, N, H = 3, 20, 2, 6
IS_REAL = MASK.astype(bool) | (np.arange(S) == 0)
RNG = np.random.default_rng(3)
X = RNG.normal(size=[B * S, H]).astype(np.float32)


def rows():
  return packed_rows.PackedRows(tf.constant(MASK), N)


def padded():
  return token_rows.PaddedRows(tf.constant([B, S]), N)


def packed(x):
  """[B*S, H] to [T, H]."""
  count = 128
  real = x[IS_REAL.reshape(-1)]
  return tf.constant(np.pad(real, [[0, count - len(real)], [0, 0]]))


def test_there_is_a_dummy_row_at_least():
  for real in (127, 128, 129):
    mask = (np.arange(200) < real).astype(np.int32)[None]
    ids = packed_rows.PackedRows(tf.constant(mask), N).pack(mask)
    assert len(ids) % 128 == 0 and len(ids) > real
    assert int(tf.reduce_sum(ids)) == real


@pytest.mark.parametrize("longest, length", [(1, 16), (16, 16), (17, 20)])
def test_attention_sees_the_longest_sequence(longest, length):
  mask = tf.constant((np.arange(20) < longest).astype(np.int32)[None])
  assert packed_rows.PackedRows(mask, N).keys(mask).shape == [1, length]


def value_and_gradient(function, x, upstream):
  with tf.GradientTape() as tape:
    tape.watch(x)
    y = function(x)
  return y.numpy(), tape.gradient(y, x, tf.constant(upstream)).numpy()


def of_heads(function):
  """Through heads and back, as attention does."""

  def apply(x, rows):
    heads = function(rows.to_heads(x))
    return rows.to_sequences(rows.from_heads(heads, tf.shape(x)))

  return apply


@pytest.mark.parametrize(
  "apply",
  [
    lambda x, rows: rows.to_sequences(x),
    of_heads(lambda x: x * x),
  ],
)
def test_values_and_gradients_are_those_of_padded_rows(apply):
  upstream = RNG.normal(size=[B, S, H]).astype(np.float32)
  upstream[~IS_REAL] = 0  # padding takes no part in a loss
  want, of_x = value_and_gradient(
    lambda x: apply(x, padded()), tf.constant(X), upstream
  )
  got, of_packed = value_and_gradient(
    lambda x: apply(x, rows()), packed(X), upstream
  )
  np.testing.assert_array_equal(got[IS_REAL], want[IS_REAL])
  np.testing.assert_array_equal(of_packed, packed(of_x))


def test_positions_have_a_dense_gradient():
  table = tf.constant(RNG.normal(size=[30, H]).astype(np.float32))
  upstream = RNG.normal(size=[B * S, H]).astype(np.float32)
  upstream[~IS_REAL.reshape(-1)] = 0
  want, of_table = value_and_gradient(
    lambda table: padded().add_positions(tf.constant(X), table),
    table,
    upstream,
  )
  got, of_packed = value_and_gradient(
    lambda table: rows().add_positions(packed(X), table),
    table,
    packed(upstream).numpy(),
  )
  count = IS_REAL.sum()
  np.testing.assert_array_equal(got[:count], packed(want)[:count])
  np.testing.assert_allclose(of_packed, of_table, atol=1e-6)


CONFIG = bert_tf.BertConfig(
  vocab_size=50,
  hidden_size=16,
  num_hidden_layers=2,
  num_attention_heads=2,
  intermediate_size=32,
  max_position_embeddings=40,
  hidden_dropout_prob=0.0,
  attention_probs_dropout_prob=0.0,
)


@pytest.mark.parametrize("kind", [modes.PLAIN, modes.XLA])
def test_a_model_s_gradients_are_those_of_padded_rows(kind):
  model = bert_tf.BertModel(CONFIG)
  lengths = np.array([3, 33, 17, 1])
  mask = (np.arange(40) < lengths[:, None]).astype(np.int32)
  batch = {
    "input_ids": tf.constant(RNG.integers(1, 50, [4, 40]) * mask, tf.int32),
    "input_mask": tf.constant(mask),
    "segment_ids": tf.constant((np.arange(40) % 2) * mask, tf.int32),
  }
  weights = tf.constant(RNG.normal(size=[4, 40, 16]) * mask[..., None])

  @tf.function
  def gradients(packed):
    mode = modes.Mode(kind, tf.constant([1, 2]), packed)
    with tf.GradientTape() as tape:
      output = model(batch, training=True, mode=mode)
      sequence = tf.where(mask[..., None] == 1, output.sequence_output, 0.0)
      loss = tf.reduce_sum(sequence * tf.cast(weights, tf.float32))
      loss += tf.reduce_sum(output.pooled_output)
    found = tape.gradient(loss, model.trainable_variables)
    return loss, [tf.convert_to_tensor(x) for x in found]

  (want, of_padded), (got, of_packed) = gradients(False), gradients(True)
  np.testing.assert_allclose(got, want, rtol=1e-6)
  for variable, x, y in zip(
    model.trainable_variables, of_packed, of_padded, strict=True
  ):
    np.testing.assert_allclose(x, y, atol=2e-5, err_msg=variable.name)
