"""Batches are cut to the smallest of a few lengths that fits."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.tasks.classification import loss as classification_loss
from bert_tf.tasks.squad import loss as squad_loss
from bert_tf.tasks.tagging import loss as tagging_loss
from bert_tf.training import (
  device_settings,
  distillation,
  length_buckets,
  step_compilation,
)

S = 20


def batch(longest):
  mask = np.zeros([2, S], np.int32)
  mask[0, 0] = 1
  mask[1, longest - 1] = 1  # what is last counts, not how many there are
  return {
    "input_ids": tf.constant(mask * 7),
    "input_mask": tf.constant(mask),
    "label_ids": tf.constant(np.arange(2 * S).reshape(2, S)),  # S labels
    "word_ids": tf.constant(mask * 3),
  }


@pytest.mark.parametrize(
  "longest, length", [(1, 8), (8, 8), (9, 12), (12, 12), (13, 20), (20, 20)]
)
def test_the_smallest_length_that_fits(longest, length):
  seen = []

  def function(part):
    seen.append({name: tuple(x.shape) for name, x in part.items()})
    return tf.shape(part["input_ids"])[1], tf.reduce_sum(part["word_ids"])

  @tf.function
  def run(given):
    return length_buckets.call(function, given, (8, 12, 30), {"word_ids": 1})

  found, total = run(batch(longest))
  assert (int(found), int(total)) == (length, 6)
  # As many programs as lengths, all of static shapes.
  assert [x["input_ids"] for x in seen] == [(2, 8), (2, 12), (2, 20)]
  assert [x["word_ids"] for x in seen] == [(2, 8), (2, 12), (2, 20)]
  assert {x["label_ids"] for x in seen} == {(2, S)}
  run(batch(20))
  assert len(seen) == 3


def test_sequences_of_choices():
  """Features [B, C, S], and others with the axis of tokens elsewhere."""
  mask = np.zeros([2, 3, S], np.int32)
  mask[1, 2, :9] = 1
  given = {"input_mask": mask, "logits": np.ones([2, 2, S]), "labels": mask[0]}
  shapes = length_buckets.call(
    lambda part: {name: tf.shape(x) for name, x in part.items()},
    {name: tf.constant(x) for name, x in given.items()},
    (12,),
    {"logits": 2},
  )
  assert {name: x.numpy().tolist() for name, x in shapes.items()} == {
    "input_mask": [2, 3, 12],
    "logits": [2, 2, 12],
    "labels": [3, S],
  }


def test_what_a_teacher_says_of_tokens():
  for task, axes in (
    (tagging_loss.TaggingObjective(), {"label_ids": 1, "label_weights": 1}),
    (squad_loss.SpanObjective(), {}),
    (classification_loss.ClassificationObjective("single_label"), {}),
  ):
    found = distillation.DistillationObjective(task, 2.0, 0.5).token_axes
    axis = task.soft_token_axis
    assert found == axes | ({} if axis is None else {distillation.LOGITS: axis})


def test_a_batch_of_padding():
  mask = tf.zeros([2, S], tf.int32)
  assert int(length_buckets.bucket(mask, [8, S])) == 0


@pytest.mark.parametrize(
  "told, message",
  [
    ({"length_buckets": (32, 32)}, "length_buckets=32,32: expected ascending"),
    ({"length_buckets": (64, 32)}, "expected ascending lengths above 0"),
    ({"length_buckets": (0, 32)}, "expected ascending lengths above 0"),
    ({"length_buckets": (32,), "pack": True}, "leave one of them out"),
  ],
)
def test_settings_that_cannot_be(told, message):
  with pytest.raises(ValueError, match=message):
    device_settings.DeviceSettings(**told)


def test_lengths_out_of_reach():
  settings = device_settings.DeviceSettings(length_buckets=(32, 64, 128))
  settings.check_length(129)
  with pytest.raises(ValueError, match="has 64, 128, expected lengths below"):
    settings.check_length(64)


@pytest.mark.parametrize("values", [["32", "x"], ["3.5"], [""]])
def test_a_flag_that_is_no_list_of_lengths(values):
  with pytest.raises(ValueError, match="is no list of lengths such as 32,64"):
    device_settings.parse_length_buckets(values)


def test_what_buckets_go_with():
  strategy = tf.distribute.get_strategy()
  devices = device_settings.DeviceSettings(length_buckets=(32,))
  for compilation in step_compilation.COMPILATIONS:
    # Packing, the default on a CPU, would leave nothing to cut.
    assert not step_compilation.packs(devices, compilation, strategy, False)
  with pytest.raises(ValueError, match="counts among the tokens"):
    step_compilation.packs(devices, "whole", strategy, True)
