import collections

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_tf.text import top_down_pieces, wordpiece_tokenizer

WORDS = st.dictionaries(
  st.text("abc", min_size=1, max_size=6), st.integers(1, 20), min_size=1
)


def test_a_prefix_is_kept_where_no_longer_piece_is():
  """The example of tensorflow_text's issue 583."""
  words = {"hell": 200, "hello": 50, "helle": 50, "hella": 50}
  pieces = top_down_pieces.learn_pieces(words, 100)
  assert "hell" in pieces
  assert "hello" not in pieces
  assert "hel" not in pieces  # All its occurrences are those of "hell".


def test_threshold_is_the_least_count():
  words = {"ab": 10, "cd": 9}
  assert "ab" in top_down_pieces.learn_pieces(words, 10)
  assert "cd" not in top_down_pieces.learn_pieces(words, 10)
  assert "cd" in top_down_pieces.learn_pieces(words, 9)


def test_order():
  words = {"ab": 10, "ba": 20}
  assert top_down_pieces.learn_pieces(words, 5) == [
    "a",
    "b",
    "##a",
    "##b",
    "ba",
    "ab",
  ]


def one_round(words, threshold):
  """The first round, from its definition: no order, no lengths in buckets."""
  counts = collections.Counter()
  for word, count in words.items():
    for start in range(len(word)):
      for end in range(start + 1, len(word) + 1):
        counts[start > 0, word[start:end]] += count
  kept = {}
  for inner, piece in sorted(counts, key=lambda key: -len(key[1])):
    longer = sum(
      count
      for (other_inner, other), count in kept.items()
      if other_inner == inner and other != piece and other.startswith(piece)
    )
    if counts[inner, piece] - longer >= threshold:
      kept[inner, piece] = counts[inner, piece] - longer
  return {"##" * inner + piece for inner, piece in kept}


@settings(max_examples=200, deadline=None)
@given(words=WORDS, threshold=st.integers(1, 30))
def test_one_round_by_definition(words, threshold):
  alphabet = {char for word in words for char in word}
  expected = one_round(words, threshold) | alphabet
  expected |= {"##" + char for char in alphabet}
  assert set(top_down_pieces.learn_pieces(words, threshold, 1)) == expected


@settings(max_examples=200, deadline=None)
@given(words=WORDS, threshold=st.integers(1, 30), rounds=st.integers(1, 4))
def test_every_word_can_be_cut(words, threshold, rounds):
  pieces = top_down_pieces.learn_pieces(words, threshold, rounds)
  assert len(set(pieces)) == len(pieces)
  tokenizer = wordpiece_tokenizer.WordpieceTokenizer(frozenset(pieces))
  for word in words:
    cut = tokenizer.word_pieces(word)
    assert "".join(piece.removeprefix("##") for piece in cut) == word


@pytest.mark.parametrize("rounds", [1, 4])
def test_nothing_to_learn(rounds):
  assert top_down_pieces.learn_pieces({}, 1, rounds) == []
