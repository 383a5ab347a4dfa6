"""A model exported from memory is its checkpoint exported by the command."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.export import saved_model_predictor
from tests.models import tiny


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return bert_tf.FullTokenizer(testdata / "vocab.txt")


def test_what_fit_has_trained_is_served(tokenizer, tmp_path):
  model = bert_tf.BertClassifier.from_checkpoint(tiny.FOLDER, outputs=2)
  model.compile(
    bert_tf.create_optimizer(1e-3, 2),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  texts = ["the heron", "the lantern"]
  inputs = tokenizer(texts, max_seq_length=12)
  model.fit(inputs, np.array([0, 1]), epochs=2, verbose=0)
  folder = bert_tf.export_saved_model(
    model,
    tmp_path / "out",
    tokenizer=tokenizer,
    labels=["bird", "thing"],
    max_seq_length=16,
  )
  assert folder == str(tmp_path / "out" / "1")
  answer = saved_model_predictor.Predictor(folder)
  classify = bert_tf.TextClassifier(model, tokenizer, ["bird", "thing"])
  served = tf.saved_model.load(folder).signatures["serving_default"]
  assert answer is not None and served is not None
  found = bert_tf.TextClassifier.from_checkpoint(folder, kind="single_label")
  for one, other in zip(found(texts), classify(texts), strict=True):
    assert one.labels == other.labels
    assert one.scores == pytest.approx(other.scores, abs=1e-6)


@pytest.mark.parametrize(
  "make, model_type",
  [
    (lambda: bert_tf.BertModel(tiny.CONFIG), "encoder"),
    (lambda: bert_tf.BertSpanLabeler(tiny.CONFIG), "span"),
  ],
  ids=["encoder", "span"],
)
def test_types_follow_the_class(make, model_type, tokenizer, tmp_path):
  settings = {"max_query_length": 16} if model_type == "span" else {}
  folder = bert_tf.export_saved_model(
    make(), tmp_path / "out", tokenizer=tokenizer, **settings
  )
  told = (tmp_path / "out" / "1" / "assets" / "export.json").read_text()
  assert f'"model_type": "{model_type}"' in told
  assert folder.endswith("1")


def test_what_does_not_fit(tokenizer, tmp_path):
  model = bert_tf.BertClassifier(tiny.CONFIG, 2)
  with pytest.raises(FileNotFoundError, match="give tokenizer"):
    bert_tf.export_saved_model(model, tmp_path / "out")
  with pytest.raises(ValueError, match="found 1 labels, expected 2"):
    bert_tf.export_saved_model(
      model, tmp_path / "out", tokenizer=tokenizer, labels=["a"]
    )
  with pytest.raises(TypeError, match="Dense is not a model of bert_tf"):
    bert_tf.export_saved_model(keras.layers.Dense(2), tmp_path / "out")
  assert not (tmp_path / "out").exists()
