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


def with_dummies(x):
  """Rows of tokens as they come, and dummy rows with what is wrong anywhere."""
  return np.concatenate([x, np.full([16 - len(x), *x.shape[1:]], np.nan)])


def test_real_rows_are_those_of_tokens():
  rows = real()
  np.testing.assert_array_equal(rows.positions[:6], REAL % 4)
  ids = tf.reshape(tf.range(12), [3, 4])
  np.testing.assert_array_equal(rows.pack(ids), [*REAL, *[0] * 10])


def test_real_rows_to_heads_and_back():
  heads = real().to_heads(with_dummies(X[REAL]).astype(np.float32)).numpy()
  want = padded().to_heads(X).numpy()
  assert heads.shape == (3, 2, 8, 3)
  assert np.isfinite(heads).all()  # nothing comes from dummy rows
  is_real = np.isin(np.arange(12), REAL).reshape(3, 4)
  for head in range(2):
    np.testing.assert_array_equal(
      heads[:, head, :4][is_real], want[:, head][is_real]
    )
  want = np.pad(want, [(0, 0), (0, 0), (0, 4), (0, 0)])
  back = real().from_heads(want, [16, 6])
  np.testing.assert_array_equal(back[:6], X[REAL])


def test_real_rows_show_attention_a_mask_of_its_shape():
  np.testing.assert_array_equal(
    real().keys(tf.constant(MASK)), np.pad(MASK, [(0, 0), (0, 4)])
  )


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_real_rows_to_sequences(dtype):
  x = tf.cast(X, dtype)
  rows = tf.cast(with_dummies(X[REAL]), dtype)
  got = real().to_sequences(rows)
  want = np.where(np.isin(np.arange(12), REAL)[:, None], x, 0)
  np.testing.assert_array_equal(got, want.reshape(3, 4, 6))


def test_few_numbers_are_left():
  """Rounded up, by a part at most; between powers of two so many."""
  numbers = tf.range(1, 20_000)
  for least, parts in ((1, 2), (8, 8), (16, 16)):
    found = token_rows.few(numbers, least, parts).numpy()
    more = found - numbers.numpy()
    assert (more >= 0).all()
    assert (more < np.maximum(numbers.numpy() / parts, least)).all()
    for power in 2 ** np.arange(14):
      between = set(found[(found > power) & (found <= 2 * power)])
      assert len(between) <= parts
  assert int(token_rows.few(tf.constant(0), 16, 16)) == 0


def test_shapes_of_random_batches_are_few():
  """oneDNN keeps something for each: docs/features.md tells how many."""
  rng = np.random.default_rng(5)

  @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
  def shapes(mask):
    rows = token_rows.RealRows(mask, 2)
    x = tf.cast(rows.pack(mask), tf.float32)
    heads = rows.to_heads(tf.tile(x[:, None], [1, 4]))
    return tf.shape(x), tf.shape(heads)

  of_rows, of_heads = set(), set()
  for _ in range(500):
    lengths = rng.integers(1, 513, rng.integers(1, 33))
    mask = np.arange(lengths.max()) < lengths[:, None]
    found = shapes(tf.constant(mask.astype(np.int32)))
    of_rows.add(tuple(found[0].numpy()))
    of_heads.add(tuple(found[1].numpy()))
  assert len(of_rows) <= 16 + 16 * 6
  assert len(of_heads) <= 10 * 32


def test_positions_are_added():
  table = RNG.normal(size=[9, 6]).astype(np.float32)
  want = (X.reshape(3, 4, 6) + table[:4]).reshape(12, 6)
  np.testing.assert_array_equal(padded().add_positions(X, table), want)
  rows = with_dummies(X[REAL]).astype(np.float32)
  got = real().add_positions(rows, table)
  np.testing.assert_array_equal(got[:6], want[REAL])
