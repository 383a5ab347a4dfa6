"""Dropout is the same with XLA and without."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.kernels import seeded_dropout


@pytest.mark.parametrize("rate, seed", [(0.1, [5, 6]), (0.5, [-5, 6])])
def test_xla_drops_the_same_entries(rate, seed):
  def apply(x, seed):
    masks = seeded_dropout.Masks(seed)
    return tf.where(masks.draw(tf.shape(x), rate), x, 0.0)

  x, seed = tf.ones([33, 17]), tf.constant(seed)
  plain = tf.function(apply)(x, seed).numpy()
  compiled = tf.function(apply, jit_compile=True)(x, seed).numpy()
  np.testing.assert_array_equal(plain, compiled)
  assert 0 < (plain == 0).mean() < 1


def test_kept_at_its_rate():
  kept = seeded_dropout.kept([1000, 1000], 0.1, tf.constant([7, 8]))
  assert abs(kept.numpy().mean() - 0.9) < 0.001
