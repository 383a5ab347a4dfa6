"""Answers as a library gives them, and the model by itself."""

import json

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.models import span_labeler
from bert_tf.tasks.squad import (
  answer_decoder,
  examples,
  predictor,
  reader,
  settings,
)
from tests.tasks.squad import goldens


@pytest.fixture(scope="module")
def config():
  return bert_tf.BertConfig.from_json_file(goldens.CONFIG)


@pytest.fixture(scope="module")
def model(config):
  return span_labeler.BertSpanLabeler.from_checkpoint(
    goldens.CHECKPOINTS["v2"], config=config
  )


@pytest.fixture(scope="module")
def tokenizer():
  return bert_tf.FullTokenizer(goldens.VOCAB)


def test_answers_are_those_of_the_command(model, tokenizer):
  content = json.loads((goldens.SQUAD / "v2.json").read_text())
  asked = {
    qa["id"]: (qa["question"], paragraph["context"])
    for article in content["data"][:3]
    for paragraph in article["paragraphs"]
    for qa in paragraph["qas"]
  }
  answerer = predictor.QuestionAnswerer(
    model,
    tokenizer,
    goldens.WINDOWS,
    goldens.SETTINGS["v2"],
    by_length=False,
  )
  found = answerer(asked.values())
  want = json.loads(goldens.text_of("v2/predictions.json"))
  odds = json.loads(goldens.text_of("v2/null_odds.json"))
  assert [x.answer for x in found] == [want[key] for key in asked]
  for key, one in zip(asked, found, strict=True):
    assert one.null_odds == pytest.approx(odds[key], abs=1e-4)


def test_defaults_suit_the_model(model, tokenizer):
  """64 positions; questions and contexts of any length, also of none."""
  long = "The old mill of Saltwick was built in 1802. " * 20
  answerer = predictor.QuestionAnswerer(model, tokenizer)
  found = answerer([("When was it built?", long), ("Who?", "")])
  assert len(found) == 2
  assert found[0].answer and found[0].answer in long
  assert sum(x.probability for x in found[0].nbest) == pytest.approx(1)
  assert found[1].answer == "empty"
  assert answerer([]) == []


def test_defaults_of_a_large_model():
  of_at_most = settings.WindowSettings.of_at_most
  assert of_at_most(512) == settings.WindowSettings()
  assert of_at_most(64) == settings.WindowSettings(64, 21, 10)


def test_what_is_no_question_with_its_context(model, tokenizer):
  answerer = predictor.QuestionAnswerer(model, tokenizer)
  with pytest.raises(TypeError, match="texts is one string"):
    answerer("When was it built?")
  for wrong in ("When?", ("When?", "text", "more"), ("When?", None)):
    with pytest.raises(TypeError, match=r"texts\[1\] is .*expected a question"):
      answerer([("When?", "In 1802."), wrong])


def test_windows_that_are_longer_than_the_model(model, tokenizer):
  with pytest.raises(ValueError, match="max_seq_length=384 is above the model"):
    predictor.QuestionAnswerer(model, tokenizer, settings.WindowSettings())


def test_from_a_checkpoint(config, model, tokenizer):
  asked = [("When?", "It was built in 1802.")]
  answerer = predictor.QuestionAnswerer.from_checkpoint(
    goldens.CHECKPOINTS["v2"], config=config, vocab_file=goldens.VOCAB
  )
  assert answerer(asked) == predictor.QuestionAnswerer(model, tokenizer)(asked)
  with pytest.raises(ValueError, match=r"2 variables .* cls/squad/output_"):
    predictor.QuestionAnswerer.from_checkpoint(
      goldens.TESTDATA / "tiny", vocab_file=goldens.VOCAB
    )


def test_scores_by_length_are_the_same_without_padding(model):
  rng = np.random.default_rng(3)
  mask = (np.arange(40) < rng.integers(3, 41, 21)[:, None]).astype(np.int32)
  ids = rng.integers(5, 686, mask.shape).astype(np.int32) * mask
  columns = {
    "input_ids": ids,
    "input_mask": mask,
    "segment_ids": np.zeros_like(ids),
  }
  strategy = tf.distribute.get_strategy()
  whole = predictor.span_logits(strategy, model, columns, 4, False)
  short = predictor.span_logits(strategy, model, columns, 4, True)
  for one, other in zip(whole, short, strict=True):
    assert one.dtype == other.dtype == np.float32
    np.testing.assert_allclose(
      other[mask > 0], one[mask > 0], atol=1e-5, rtol=0
    )
    assert (other[mask == 0] == -np.inf).all()
    assert np.isfinite(one).all()


def test_infinite_scores_of_padding_are_never_chosen(tokenizer):
  one = reader.Example("q", "the", reader.Context("a mill"))
  made = list(examples.make([one], tokenizer, goldens.WINDOWS))
  logits = np.full([1, 64], -np.inf, np.float32)
  logits[0, :6] = 1.0
  found = answer_decoder.decode(
    [one], made, logits, logits, settings.DecodingSettings()
  )
  assert np.isfinite([c.start_logit for c in found["q"].nbest]).all()


def test_from_a_pre_trained_checkpoint(config):
  tiny = goldens.TESTDATA / "tiny" / "bert_model.ckpt"
  model = span_labeler.BertSpanLabeler.from_checkpoint(tiny)
  checkpoint = checkpoint_reader.Reader(tiny)
  name = "bert/embeddings/word_embeddings"
  np.testing.assert_array_equal(
    model.bert.embeddings.variables[0], checkpoint.read(name)
  )
  with pytest.raises(FileNotFoundError, match="no checkpoint at /nowhere"):
    span_labeler.BertSpanLabeler.from_checkpoint("/nowhere/x")
  with pytest.raises(FileNotFoundError, match=r"no bert_config\.json beside"):
    span_labeler.BertSpanLabeler.from_checkpoint(goldens.CHECKPOINTS["v1"])


def test_a_checkpoint_without_the_whole_encoder(tmp_path, config):
  prefix = str(tmp_path / "x.ckpt")
  saver.save({"cls/squad/output_bias": np.zeros(2, np.float32)}, prefix)
  with pytest.raises(ValueError, match="53 variables of the model are not"):
    span_labeler.BertSpanLabeler.from_checkpoint(prefix, config=config)


def test_fits_with_plain_data(config):
  """`compile` and `fit` as of any Keras model; labels are a pair."""
  keras.utils.set_random_seed(1)
  model = span_labeler.BertSpanLabeler(config.without_dropout())
  rng = np.random.default_rng(4)
  ids = rng.integers(5, 600, [8, 16]).astype(np.int32)
  inputs = {
    "input_ids": ids,
    "input_mask": np.ones_like(ids),
    "segment_ids": np.zeros_like(ids),
  }
  labels = (np.arange(8), np.arange(8) + 3)
  data = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(8)
  model.compile(
    keras.optimizers.Adam(1e-2),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  history = model.fit(data, epochs=40, verbose=0).history["loss"]
  assert history[0] > 5.0 and history[-1] < 1.0
  output = model.predict(inputs, verbose=0)
  assert output.start.shape == (8, 16)
