"""BertClassifier as a library."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.inputs import encoded_texts
from bert_tf.models import classifier
from bert_tf.text import full_tokenizer


@pytest.fixture(scope="module")
def config(testdata):
  return bert_tf.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return full_tokenizer.FullTokenizer(testdata / "vocab.txt")


def test_fits_under_compile(testdata, tokenizer):
  keras.utils.set_random_seed(1)
  model = classifier.BertClassifier.from_checkpoint(
    testdata / "tiny", outputs=2
  )
  texts = ["the heron", "the lantern"] * 16
  inputs = encoded_texts.encode([(text, None) for text in texts], tokenizer, 12)
  labels = np.array([0, 1] * 16)
  batches = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(8)
  model.compile(
    optimizer=keras.optimizers.Adam(1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
  )
  model.fit(batches, epochs=8, verbose=0)
  _, accuracy = model.evaluate(batches, verbose=0)
  assert accuracy == 1.0
  logits = model.predict(inputs, verbose=0)
  assert (logits.argmax(axis=-1) == labels).all()


def test_a_pre_trained_checkpoint_needs_outputs(testdata):
  with pytest.raises(ValueError, match="say how many `outputs`"):
    classifier.BertClassifier.from_checkpoint(testdata / "tiny")


def test_another_number_of_outputs(testdata, config):
  with pytest.raises(ValueError, match="another shape"):
    classifier.BertClassifier.from_checkpoint(
      testdata / "classifier" / "cola", outputs=3, config=config
    )


def test_an_encoder_that_is_not_there(testdata, config):
  values = config.to_dict() | {"num_hidden_layers": 4}
  with pytest.raises(ValueError, match=r"not in the checkpoint: .*layer_3"):
    classifier.BertClassifier.from_checkpoint(
      testdata / "classifier" / "cola",
      config=bert_tf.BertConfig.from_dict(values),
    )
