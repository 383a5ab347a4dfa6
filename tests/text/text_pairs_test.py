import pytest

from bert_tf.text import text_pairs


@pytest.mark.parametrize(
  "lengths, limit, kept",
  [
    ((3, 4), 7, (3, 4)),
    ((10, 2), 6, (4, 2)),
    ((2, 10), 6, (2, 4)),
    ((5, 5), 9, (5, 4)),  # of equals the second is cut
    ((5, 5), 0, (0, 0)),
  ],
)
def test_the_longer_text_is_cut(lengths, limit, kept):
  assert text_pairs.kept_lengths(*lengths, limit) == kept


def test_one_text():
  found = text_pairs.sequence(["a", "b", "c"], [], 4)
  assert found == (["[CLS]", "a", "b", "[SEP]"], [0, 0, 0, 0])


def test_two_texts():
  tokens, segment_ids = text_pairs.sequence(["a", "b", "c"], ["x", "y"], 7)
  assert tokens == ["[CLS]", "a", "b", "[SEP]", "x", "y", "[SEP]"]
  assert segment_ids == [0, 0, 0, 0, 1, 1, 1]
