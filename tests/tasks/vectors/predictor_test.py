"""Vectors as a library gives them: the original's output."""

import numpy as np
import pytest

import bert_tf
from bert_tf.tasks.vectors import predictor
from tests.tasks.vectors import json_lines

LAYERS = (-1, -2, 1)


@pytest.fixture(scope="module")
def lines(testdata):
  text = (testdata / "extract_features" / "input.txt").read_text("utf-8")
  return text.splitlines()


@pytest.mark.parametrize("window_bytes", [0, 1 << 28])
def test_vectors_of_texts(testdata, lines, golden, tokenizer, window_bytes):
  """As a library; computed in parts they are the same."""
  model = bert_tf.BertModel.from_checkpoint(testdata / "tiny")
  extractor = predictor.FeatureExtractor(
    model,
    tokenizer,
    LAYERS,
    max_seq_length=32,
    batch_size=2,
    window_bytes=window_bytes,
  )
  found = extractor(lines)
  assert [one.index for one in found] == list(range(len(golden)))
  for mine, theirs in zip(found, golden, strict=True):
    assert mine.tokens == [token["token"] for token in theirs["features"]]
    np.testing.assert_allclose(
      mine.values, json_lines.values_of(theirs), atol=5e-5
    )
  pair, line = extractor([("It was", "the naïve"), "It was ||| the naïve"])
  np.testing.assert_allclose(pair.values, line.values, atol=1e-6)
  assert extractor([]) == []
  with pytest.raises(TypeError, match="texts is one string"):
    extractor("It was the jackdaw.")


def test_vectors_from_a_checkpoint(testdata, lines, golden):
  extractor = predictor.FeatureExtractor.from_checkpoint(
    testdata / "tiny",
    vocab_file=testdata / "vocab.txt",
    layers=LAYERS,
    pooling="mean",
    max_seq_length=32,
  )
  for mine, theirs in zip(extractor(lines), golden, strict=True):
    np.testing.assert_allclose(
      mine.values, json_lines.values_of(theirs).mean(0), atol=5e-5
    )
  with pytest.raises(FileNotFoundError, match=r"no vocab\.txt beside the .*vo"):
    predictor.FeatureExtractor.from_checkpoint(testdata / "tiny")


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"layers": (3,)}, "no layer 3; with 3 layers"),
    ({"pooling": "sum"}, "pooling='sum' is not known"),
    ({"pooling": "cls", "word_vectors": True}, "exclude each other"),
    ({"batch_size": 0}, "batch_size=0 is below 1"),
  ],
)
def test_arguments_that_do_not_fit(testdata, tokenizer, changes, message):
  config = bert_tf.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )
  with pytest.raises(ValueError, match=message):
    predictor.FeatureExtractor(bert_tf.BertModel(config), tokenizer, **changes)
