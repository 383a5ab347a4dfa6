"""Weights of labels: given, or balanced."""

import collections
import logging

import numpy as np
import pytest
from sklearn.utils import class_weight

from bert_tf.training import class_weights

LABELS = ("neg", "pos", "un:sure")


def test_balanced_is_sklearn_s():
  drawn = ["neg"] * 7 + ["pos"] * 2 + ["un:sure"]
  found = class_weights.find("balanced", LABELS, collections.Counter(drawn))
  want = class_weight.compute_class_weight(
    "balanced", classes=np.array(LABELS), y=drawn
  )
  np.testing.assert_allclose(found, want)


def test_labels_that_do_not_occur_weigh_nothing_else():
  assert class_weights.find("balanced", LABELS, {"neg": 3, "pos": 1}) == (
    4 / 9, 4 / 3, 1.0,
  )  # fmt: skip


def test_a_table(caplog):
  with caplog.at_level(logging.INFO, logger="absl"):
    found = class_weights.find("pos:2.5, un:sure:.1", LABELS, {})
  assert found == (1.0, 2.5, 0.1)
  assert "class weights: neg 1, pos 2.5, un:sure 0.1" in caplog.text
  assert class_weights.find(None, LABELS, {}) == ()


@pytest.mark.parametrize(
  "text, message",
  [
    ("pos", "'pos' is not LABEL:WEIGHT; expected balanced, or such as neg:1,"),
    ("good:1", "the label 'good' is none of 'neg', 'pos', 'un:sure'"),
    ("pos:1,pos:2", "'pos' is named twice"),
    ("pos:1_0", "'1_0' is not a number"),
    ("pos:0", "the weight of 'pos' is not above 0"),
    ("pos:-1", "the weight of 'pos' is not above 0"),
    ("pos:", "'' is not a number"),
  ],
)
def test_what_is_wrong(text, message):
  with pytest.raises(ValueError, match=message):
    class_weights.find(text, LABELS, {})


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_smoothing(value):
  with pytest.raises(ValueError, match="is not from 0 to below 1"):
    class_weights.check_smoothing(value)
  class_weights.check_smoothing(0.0)
