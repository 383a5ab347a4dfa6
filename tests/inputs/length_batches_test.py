"""Batches by length."""

import numpy as np
import pytest

from bert_tf.inputs import length_batches


def examples(lengths, longest):
  mask = (np.arange(longest) < np.array(lengths)[:, None]).astype(np.int32)
  ids = np.arange(len(lengths) * longest).reshape(mask.shape).astype(np.int32)
  return {"input_ids": ids * mask, "input_mask": mask}


def test_batches_are_of_about_equal_length():
  lengths = np.array([3, 17, 9, 40, 1])
  batches = [
    (chosen.tolist(), length)
    for chosen, length in length_batches.batches_by_length(lengths, 2, 36)
  ]
  assert batches == [([3, 1], 36), ([2, 0], 16), ([4], 8)]


@pytest.mark.parametrize(
  "by_length, shapes",
  [(True, [(4, 24), (2, 8)]), (False, [(4, 24), (2, 24)])],
)
def test_results_come_in_input_order(by_length, shapes):
  features = examples([3, 17, 9, 24, 0, 5], 24)
  seen, done = [], []

  def function(batch):
    seen.append(batch["input_ids"].shape)
    return {"sum": batch["input_ids"].sum(1), "token": batch["input_ids"] * 2}

  results = length_batches.map_by_length(
    function, features, 4, ["token"], by_length, done.append
  )
  assert seen == shapes
  assert done == [4, 2]
  ids = features["input_ids"]
  np.testing.assert_array_equal(results["sum"], ids.sum(1))
  np.testing.assert_array_equal(results["token"], ids * 2)


def test_a_hole_in_the_mask_does_not_cut_what_follows():
  features = examples([20], 24)
  features["input_mask"][0, :10] = 0
  shapes = []
  length_batches.map_by_length(
    lambda batch: shapes.append(batch["input_ids"].shape) or {}, features, 4
  )
  assert shapes == [(1, 24)]


def test_no_examples():
  assert length_batches.map_by_length(lambda _: {}, examples([], 8), 4) == {}
