"""Rows of tokens, with padding and without."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.kernels import token_rows

MASK = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], np.int32)
REAL = np.array([0, 1, 4, 6, 7, 8])  # the first of an empty sequence, too
RNG = np.random.default_rng(3)
X = RNG.normal(size=[12, 6]).astype(np.float32)


def padded():
  return token_rows.PaddedRows(tf.constant([3, 4]), 2)


def real():
  return token_rows.RealRows(tf.constant(MASK), 2)


def test_padded_rows():
  heads = padded().to_heads(X)
  want = X.reshape(3, 4, 2, 3).transpose(0, 2, 1, 3)
  np.testing.assert_array_equal(heads, want)
  np.testing.assert_array_equal(padded().from_heads(heads, [12, 6]), X)
  np.testing.assert_array_equal(padded().to_sequences(X), X.reshape(3, 4, 6))


def test_real_rows_are_those_of_tokens():
  rows = real()
  np.testing.assert_array_equal(rows.positions, REAL % 4)
  ids = tf.reshape(tf.range(12), [3, 4])
  np.testing.assert_array_equal(rows.pack(ids), REAL)


def test_real_rows_to_heads_and_back():
  heads = real().to_heads(X[REAL]).numpy()
  want = padded().to_heads(X).numpy()
  assert heads.shape == want.shape
  is_real = np.isin(np.arange(12), REAL).reshape(3, 4)
  for head in range(2):
    np.testing.assert_array_equal(
      heads[:, head][is_real], want[:, head][is_real]
    )
  np.testing.assert_array_equal(real().from_heads(want, [6, 6]), X[REAL])


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_real_rows_to_sequences(dtype):
  x = tf.cast(X, dtype)
  got = real().to_sequences(tf.gather(x, REAL))
  want = np.where(np.isin(np.arange(12), REAL)[:, None], x, 0)
  np.testing.assert_array_equal(got, want.reshape(3, 4, 6))


def test_positions_are_added():
  table = RNG.normal(size=[9, 6]).astype(np.float32)
  want = (X.reshape(3, 4, 6) + table[:4]).reshape(12, 6)
  np.testing.assert_array_equal(padded().add_positions(X, table), want)
  np.testing.assert_array_equal(
    real().add_positions(X[REAL], table), want[REAL]
  )
