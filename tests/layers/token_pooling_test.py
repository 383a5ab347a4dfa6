"""Pooling, recomputed in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.layers import token_pooling

_VALUES = np.random.default_rng(1).normal(size=(2, 4, 3, 5)).astype(np.float32)
_MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)


def _rows():
  return [row[: mask.sum()] for row, mask in zip(_VALUES, _MASK, strict=True)]


@pytest.mark.parametrize(
  ("name", "expected"),
  [
    ("mean", [row.mean(axis=0) for row in _rows()]),
    ("max", [row.max(axis=0) for row in _rows()]),
    ("cls", _VALUES[:, 0]),
    (
      "mean_max",
      [np.concatenate([r.mean(axis=0), r.max(axis=0)], -1) for r in _rows()],
    ),
    ("none", _VALUES),
  ],
)
def test_padding_has_no_part(name, expected):
  found = token_pooling.pool(tf.constant(_VALUES), tf.constant(_MASK), name)
  np.testing.assert_allclose(found, np.stack(expected), atol=1e-6)


def test_names():
  assert set(token_pooling.POOLINGS) == {
    "none",
    "mean",
    "max",
    "cls",
    "mean_max",
  }
