import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import bert_tf
from bert_tf.tasks.tagging import examples


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return bert_tf.FullTokenizer(testdata / "vocab.txt")


def test_a_sentence_that_fits_is_one_window(tokenizer):
  (window,) = examples.make([["The", "naïve", "reservoir"]], tokenizer, 16)
  assert window.tokens == (
    *("[CLS]", "the", "n", "##a", "##i", "##v", "##e"),
    *("reservoir", "[SEP]"),
  )
  assert window.words == (0, 1, 2)
  assert window.positions == (1, 2, 7)


def test_a_word_without_pieces_is_unknown(tokenizer):
  (window,) = examples.make([["the", "\u200d"]], tokenizer, 16)
  assert window.tokens == ("[CLS]", "the", "[UNK]", "[SEP]")


def test_a_very_long_word_is_cut(tokenizer):
  (window,) = examples.make([["naïve"]], tokenizer, 5)
  assert window.tokens == ("[CLS]", "n", "##a", "##i", "[SEP]")


def test_no_sentence_and_empty_sentences(tokenizer):
  assert examples.make([], tokenizer, 8) == []
  (window,) = examples.make([[], ["the"]], tokenizer, 8)
  assert window.sentence == 1
  assert examples.gather([window], [[0, 7, 0]], [0, 1]) == [[], [7]]


def test_windows_overlap_by_half():
  assert examples.word_spans([1] * 10, 4) == [(0, 4), (2, 6), (4, 8), (6, 10)]
  assert examples.word_spans([1] * 4, 4) == [(0, 4)]
  assert examples.word_spans([3, 3, 1], 4) == [(0, 1), (1, 3)]
  assert examples.word_spans([1, 1, 1], 1) == [(0, 1), (1, 2), (2, 3)]


def test_a_word_is_predicted_where_it_has_most_context(tokenizer):
  made = examples.make([["the"] * 10], tokenizer, 6)
  # By hand: windows of four words; words 0 to 2 are best off in the first.
  assert [window.words for window in made] == [
    (0, 1, 2),
    (3, 4),
    (5, 6),
    (7, 8, 9),
  ]


@hypothesis.given(
  st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(9, 20)
)
@hypothesis.settings(max_examples=200, deadline=None)
def test_each_word_once_where_no_window_is_better(lengths, limit):
  pieces = [["x"] * length for length in lengths]
  made = examples._of_sentence(0, pieces, limit)
  spans = examples.word_spans(lengths, limit)
  starts = np.cumsum([0, *lengths])
  assert sorted(w for window in made for w in window.words) == list(
    range(len(lengths))
  )
  for number, window in enumerate(made):
    assert len(window.tokens) <= limit + 2
    for word in window.words:
      context = {
        index: min(starts[word] - starts[a], starts[b] - starts[word + 1])
        for index, (a, b) in enumerate(spans)
        if a <= word < b
      }
      assert context[number] == max(context.values())


def test_labels_are_at_first_pieces_only(tokenizer):
  sentences = [["the", "naïve"], ["reservoir"]]
  made = examples.make(sentences, tokenizer, 9)
  inputs = examples.inputs(made, tokenizer, 9)
  assert inputs["input_mask"].sum(axis=1).tolist() == [8, 3]
  targets = examples.labels(made, [[3, 4], [5]], 9)
  assert targets["label_ids"].tolist() == [
    [0, 3, 4, 0, 0, 0, 0, 0, 0],
    [0, 5, 0, 0, 0, 0, 0, 0, 0],
  ]
  assert (targets["label_weights"] == (targets["label_ids"] > 0)).all()


def test_labels_of_windows_come_together_again(tokenizer):
  rng = np.random.default_rng(0)
  ids = [rng.integers(1, 9, n).tolist() for n in (30, 1, 17)]
  sentences = [["naïve"] * len(row) for row in ids]
  made = examples.make(sentences, tokenizer, 12)
  assert len(made) > 20
  targets = examples.labels(made, ids, 12)
  assert targets["label_weights"].sum() == 48
  assert examples.gather(made, targets["label_ids"], [30, 1, 17]) == ids
