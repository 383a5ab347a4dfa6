"""The places of pieces: by hand, and equal to those that a graph finds."""

import numpy as np
import pytest

from bert_tf.text import full_tokenizer, in_graph_tokenizer, piece_spans
from tests.text import in_graph_samples

_PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able caf ##e na ##ive ?"


def tokenizer_of(tmp_path, pieces, lower=True):
  path = tmp_path / "vocab.txt"
  path.write_text("\n".join(pieces) + "\n")
  return full_tokenizer.FullTokenizer(path, lower)


def read(text, tokenizer):
  found = piece_spans.find(text, tokenizer)
  assert [x.piece for x in found] == tokenizer.tokenize(text)
  return [text[x.start : x.end] for x in found]


def test_pieces_stand_where_they_say(tmp_path):
  tokenizer = tokenizer_of(tmp_path, _PIECES.split())
  text = " Unaffable? Café, NA\u00adÏVE\u200b odd"
  assert read(text, tokenizer) == [
    *("Un", "aff", "able", "?", "Caf", "é", ",", "NA", "ÏVE", "odd")
  ]


def test_a_syllable_belongs_to_all_pieces_of_its_letters(tmp_path):
  letters = "\u1112\u1161\u11ab\u1100\u116e\u11a8"  # 한국, taken apart
  pieces = ["[UNK]", letters[:2], "##" + letters[2:4], "##" + letters[4:]]
  tokenizer = tokenizer_of(tmp_path, pieces)
  assert read("한국", tokenizer) == ["한", "한국", "국"]
  assert read(
    "한국", tokenizer_of(tmp_path, ["[UNK]", "한", "##국"], False)
  ) == [*("한", "국")]


def test_marks_that_are_dropped_belong_to_the_letter_before(tmp_path):
  tokenizer = tokenizer_of(tmp_path, ["[UNK]", "caf", "##e", "क", "##म"])
  for text, answer in (("cafe\u0301s", "cafe\u0301"), ("कमुं क", "कमुं")):
    end = len(answer.rstrip("\u0301\u0941\u0902"))
    assert piece_spans.past_marks(text, end, tokenizer.rules) == len(answer)
  cased = tokenizer_of(tmp_path, ["[UNK]"], lower=False).rules
  assert piece_spans.past_marks("cafe\u0301", 4, cased) == 4
  assert piece_spans.past_marks("cafe", 4, tokenizer.rules) == 4


@pytest.mark.parametrize("lower", [True, False])
def test_places_are_those_of_the_graph(uncased_vocab_file, lower):
  full = full_tokenizer.FullTokenizer(uncased_vocab_file, lower)
  graph = in_graph_tokenizer.InGraphTokenizer(uncased_vocab_file, lower)
  texts = in_graph_samples.strings(2_000, seed=8)
  _, *places = (x.to_list() for x in graph.tokenize_with_offsets(texts))
  for text, starts, ends in zip(texts, *places, strict=True):
    found = piece_spans.find(text, full)
    assert [x.start for x in found] == starts, repr(text)
    assert [x.end for x in found] == ends, repr(text)


def test_places_of_words_are_those_of_their_text(uncased_vocab_file):
  full = full_tokenizer.FullTokenizer(uncased_vocab_file)
  finder = piece_spans.PlaceFinder(full)
  text = "  Unaffable 한국 café\nnaïve  unaffable"
  words = text.split()
  starts = [2, 12, 15, 20, 27]
  assert [text[s:].split()[0] for s in starts] == words
  found = piece_spans.find(text, full)
  for one, both in zip(finder(words, starts), ("start", "end"), strict=True):
    np.testing.assert_array_equal(one, [getattr(x, both) for x in found])
  assert [len(x) for x in finder([], [])] == [0, 0]
