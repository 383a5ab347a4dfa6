"""A mapping given to a model: names of others, and names of nobody."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from tests.models import tiny

OTHERS = {
  "hugging_face": {
    "input_ids": "input_ids",
    "attention_mask": "input_mask",
    "token_type_ids": "segment_ids",
  },
  "keras_hub": {
    "token_ids": "input_ids",
    "padding_mask": "input_mask",
    "segment_ids": "segment_ids",
  },
}


@pytest.fixture(scope="module")
def encoder():
  return bert_tf.BertModel.from_checkpoint(tiny.FOLDER)


@pytest.fixture(scope="module")
def classifier():
  return bert_tf.BertClassifier.from_checkpoint(tiny.FOLDER, outputs=2)


@pytest.mark.parametrize("names", OTHERS.values(), ids=OTHERS)
def test_names_of_others(encoder, classifier, names):
  ours = tiny.encoder_batch()
  theirs = {other: ours[name] for other, name in names.items()}
  if "padding_mask" in theirs:
    theirs["padding_mask"] = tf.cast(theirs["padding_mask"], tf.bool)
  np.testing.assert_array_equal(
    encoder(theirs).sequence_output, encoder(ours).sequence_output
  )
  np.testing.assert_array_equal(classifier(theirs), classifier(ours))


@pytest.mark.parametrize(
  "key", ["input_masks", "segment_id", "position_ids", "token_type_id"]
)
def test_unknown_keys(encoder, classifier, key):
  wrong = tiny.encoder_batch() | {key: tiny.encoder_batch()["input_mask"]}
  for model in (encoder, classifier):
    with pytest.raises(
      ValueError, match=rf"unknown key {key}; expected input_"
    ):
      model(wrong)


def test_labels_are_left_alone(classifier):
  labelled = tiny.encoder_batch() | {
    name: tf.zeros([2], tf.int32)
    for name in (
      *("label_ids", "label_weights", "is_real_example", "unique_ids"),
      *("start_positions", "end_positions", "next_sentence_labels", "wanted"),
      *("masked_lm_ids", "masked_lm_positions", "masked_lm_weights", "mine"),
    )
  }
  np.testing.assert_array_equal(
    classifier(labelled), classifier(tiny.encoder_batch())
  )


def test_the_same_twice(encoder):
  ours = tiny.encoder_batch()
  with pytest.raises(ValueError, match="both input_mask and attention_mask"):
    encoder(ours | {"attention_mask": ours["input_mask"]})
  del ours["input_ids"]
  with pytest.raises(ValueError, match="have no input_ids, found input_mask"):
    encoder(ours)
