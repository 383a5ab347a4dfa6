"""Texts to ids, masks and segments."""

import numpy as np
import pytest

from bert_tf.inputs import encoded_texts
from bert_tf.text import full_tokenizer, text_pairs


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return full_tokenizer.FullTokenizer(testdata / "vocab.txt")


def original_truncation(a, b, limit):
  """Token by token, as the original describes it."""
  a, b = list(a), list(b)
  while len(a) + len(b) > limit:
    (a if len(a) > len(b) else b).pop()
  return a, b


def test_pairs_are_cut_as_the_original_cuts_them():
  for first in range(6):
    for second in range(1, 6):
      for length in range(3, 16):
        a, b = "a" * first, "b" * second
        kept_a, kept_b = original_truncation(a, b, length - 3)
        tokens = ["[CLS]", *kept_a, "[SEP]"]
        segments = [0] * len(tokens)
        if kept_b:
          tokens += [*kept_b, "[SEP]"]
          segments += [1] * (len(kept_b) + 1)
        assert text_pairs.sequence(a, b, length) == (tokens, segments)


def test_features_of_texts_and_pairs(tokenizer):
  texts = [
    ("it was", "the heron"),
    ("it was the heron that", None),
    ("it", " "),
  ]
  found = encoded_texts.encode(texts, tokenizer, 6)
  tokens = [
    tokenizer.convert_ids_to_tokens(row.tolist()) for row in found["input_ids"]
  ]
  pad = tokenizer.inv_vocab[0]
  assert tokens[1] == ["[CLS]", "it", "was", "the", "heron", "[SEP]"]
  assert tokens[2] == ["[CLS]", "it", "[SEP]", pad, pad, pad]
  assert tokens[0][0] == "[CLS]" and tokens[0].count("[SEP]") == 2
  np.testing.assert_array_equal(
    found["input_mask"], [[1] * 6, [1] * 6, [1, 1, 1, 0, 0, 0]]
  )
  assert found["segment_ids"][0].sum() == 2
  assert not found["segment_ids"][1:].any()
  assert {x.dtype for x in found.values()} == {np.dtype(np.int32)}


def test_no_room_at_all(tokenizer):
  with pytest.raises(ValueError, match="max_seq_length=2 is below 3"):
    encoded_texts.encode([("it", None)], tokenizer, 2)
