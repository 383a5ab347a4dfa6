import numpy as np
import pytest
import tensorflow as tf

from bert_tf.inputs import encoded_texts
from bert_tf.text import (
  full_tokenizer,
  in_graph_inputs,
  in_graph_tokenizer,
  text_pairs,
)

CLS, SEP = 101, 102


def rows(lengths, first):
  return tf.RaggedTensor.from_row_lengths(
    tf.range(first, first + sum(lengths)), lengths
  )


@pytest.mark.parametrize("limit", range(in_graph_inputs.SHORTEST, 18))
def test_every_pair_of_lengths(limit):
  """Each against the rules for lists."""
  lengths = [(a, b) for a in range(14) for b in range(14)]
  a = rows([one for one, _ in lengths], 1000)
  b = rows([two for _, two in lengths], 5000)
  found = in_graph_inputs.pack(a, b, CLS, SEP, limit)
  names = {text_pairs.CLS: CLS, text_pairs.SEP: SEP}
  expected = [
    text_pairs.sequence(one, two, limit)
    for one, two in zip(a.to_list(), b.to_list(), strict=True)
  ]
  for row, made in enumerate(expected):
    size = len(made.tokens)
    ids = [names.get(token, token) for token in made.tokens]
    longest = found["input_ids"].shape[1]
    padding = [0] * (longest - size)
    assert found["input_ids"][row].numpy().tolist() == ids + padding
    assert found["input_mask"][row].numpy().tolist() == [1] * size + padding
    segments = found["segment_ids"][row].numpy().tolist()
    assert segments == made.segment_ids + padding
  assert longest == max(len(made.tokens) for made in expected)


@pytest.fixture(scope="module")
def both(uncased_vocab_file):
  return (
    in_graph_tokenizer.InGraphTokenizer(uncased_vocab_file),
    full_tokenizer.FullTokenizer(uncased_vocab_file),
  )


TEXTS = ["A first text, not short at all.", "", "Größe", "one two three", "x"]
PAIRS = ["", "And a second one.", "한국 \u0301", " \x00", "y " * 50]


@pytest.mark.parametrize("limit", [3, 4, 5, 12, 64])
@pytest.mark.parametrize("seconds", [None, PAIRS], ids=["texts", "pairs"])
def test_same_inputs_as_the_runners_make(both, limit, seconds):
  tokenizer, full = both
  expected = encoded_texts.encode(
    zip(TEXTS, seconds or [None] * len(TEXTS), strict=True), full, limit
  )
  found = tokenizer.pack(TEXTS, seconds, limit, pad_to_max=True)
  assert found.keys() == expected.keys()
  for name, values in expected.items():
    assert found[name].dtype == tf.int32
    np.testing.assert_array_equal(found[name], values, err_msg=name)
  shorter = tokenizer.pack(TEXTS, seconds, limit)
  longest = int(expected["input_mask"].sum(axis=1).max())
  for name, values in expected.items():
    np.testing.assert_array_equal(shorter[name], values[:, :longest])


def test_in_a_dataset(both):
  tokenizer, _ = both
  data = tf.data.Dataset.from_tensor_slices((TEXTS, PAIRS)).batch(2)
  packed = data.map(lambda a, b: tokenizer.pack(a, b, 16, pad_to_max=True))
  found = np.concatenate([batch["input_ids"] for batch in packed])
  expected = tokenizer.pack(TEXTS, PAIRS, 16, pad_to_max=True)["input_ids"]
  np.testing.assert_array_equal(found, expected)
  assert packed.element_spec["input_ids"].shape[1] == 16


def test_no_texts(both):
  nothing = tf.constant([], tf.string)
  found = both[0].pack(nothing, nothing, 8, pad_to_max=True)
  assert found["input_ids"].shape == (0, 8)


def test_too_short(both):
  with pytest.raises(ValueError, match="max_seq_length=2 is below 3"):
    both[0].pack(["a"], max_seq_length=2)
