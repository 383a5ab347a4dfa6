"""A tokenizer called as a function: what models take."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.tasks.classification import examples, known_tasks, reader
from bert_tf.text import in_graph_tokenizer
from tests.tasks.classification import classifying

TEXTS = ["It was the heron's, un\u0301til then.", "", "\u4e2d it was", "zzz"]
PAIRS = [None, "it was", "The HERON", None]
NAMES = ["input_ids", "input_mask", "segment_ids"]


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return bert_tf.FullTokenizer(testdata / "vocab.txt")


def test_what_the_commands_feed(tokenizer):
  task = known_tasks.find("mrpc")
  file = reader.read(
    task, task.dev, str(classifying.GOLDENS / "mrpc" / "data"), False
  )
  records = classifying.records(classifying.GOLDENS / "mrpc/eval.tf_record.gz")
  found = tokenizer(
    [x.text for x in file.examples],
    [x.pair for x in file.examples],
    max_seq_length=classifying.LENGTH,
  )
  assert list(found) == NAMES
  for name in NAMES:
    want = [record[name][1] for record in records[: len(file.examples)]]
    np.testing.assert_array_equal(found[name], want)
    assert found[name].dtype == np.int32
  assert examples  # the records are those that it writes


def test_without_a_length_nothing_is_cut(tokenizer):
  found = tokenizer(TEXTS, PAIRS)
  longest = found["input_mask"].sum(1).max()
  assert found["input_ids"].shape == (4, longest)
  longer = tokenizer(TEXTS, PAIRS, max_seq_length=50)
  for name in NAMES:
    np.testing.assert_array_equal(longer[name][:, :longest], found[name])
    assert not longer[name][:, longest:].any()
  assert tokenizer([])["input_ids"].shape[0] == 0


def test_tensors(tokenizer):
  arrays = tokenizer(TEXTS, max_seq_length=8, return_offsets=True)
  found = tokenizer(
    TEXTS, max_seq_length=8, return_tensors="tf", return_offsets=True
  )
  for name in (*NAMES, "offsets"):
    assert isinstance(found[name], tf.Tensor)
    np.testing.assert_array_equal(found[name], arrays[name])


@pytest.mark.parametrize("length", [None, 5, 12])
def test_offsets_are_places_in_the_texts(tokenizer, length):
  found = tokenizer(TEXTS, PAIRS, max_seq_length=length, return_offsets=True)
  for row, pair in enumerate(zip(TEXTS, PAIRS, strict=True)):
    tokens = tokenizer.convert_ids_to_tokens(found["input_ids"][row].tolist())
    for token, segment, (start, end) in zip(
      tokens, found["segment_ids"][row], found["offsets"][row], strict=True
    ):
      if token in ("[CLS]", "[SEP]", "[PAD]"):
        assert (start, end) == (0, 0)
        continue
      part = pair[segment][start:end]
      if token != "[UNK]":
        plain = "".join(tokenizer.basic_tokenizer.tokenize(part))
        assert plain == token.removeprefix("##")


def test_offsets_are_those_of_the_graph(tokenizer, testdata):
  in_graph = in_graph_tokenizer.InGraphTokenizer(str(testdata / "vocab.txt"))
  texts = ["It was the herons, unlike (them).", "zzz  qq  the", TEXTS[2]]
  found = tokenizer(texts, return_offsets=True)
  ids, starts, ends = in_graph.tokenize_with_offsets(tf.constant(texts))
  for row in range(len(texts)):
    count = int(ids[row].shape[0])
    np.testing.assert_array_equal(
      found["input_ids"][row, 1 : count + 1], ids[row]
    )
    want = np.stack([starts[row], ends[row]], 1)
    np.testing.assert_array_equal(found["offsets"][row, 1 : count + 1], want)


def test_a_model_takes_it(tokenizer, testdata):
  model = bert_tf.BertModel.from_checkpoint(testdata / "tiny")
  inputs = tokenizer(TEXTS, PAIRS, max_seq_length=16, return_offsets=True)
  assert model(inputs).pooled_output.shape == (4, 32)


@pytest.mark.parametrize(
  "arguments, error, message",
  [
    (("one text",), TypeError, "texts is one string"),
    ((["a"], "b"), TypeError, "pairs is one string"),
    ((["a", "b"], ["c"]), ValueError, "found 1 pairs, expected 2"),
    ((["a"], None, 2), ValueError, "max_seq_length=2 is below 3"),
    ((["a"], None, 8, "pt"), ValueError, "'pt' is not known"),
  ],
)
def test_what_it_does_not_take(tokenizer, arguments, error, message):
  with pytest.raises(error, match=message):
    tokenizer(*arguments)
