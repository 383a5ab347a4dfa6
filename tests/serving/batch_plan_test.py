"""Shapes are few, and hold what they should."""

import hypothesis
import pytest
from hypothesis import strategies as st

from bert_tf.serving import batch_plan


@hypothesis.given(st.lists(st.integers(0, 128), min_size=1, max_size=64))
def test_shapes_are_round_and_hold_all_rows(lengths):
  widest = max(*lengths, 1)
  shape = batch_plan.shape(lengths, widest, 128)
  assert shape.length % 8 == 0
  assert widest <= shape.length <= 128
  assert all(1 <= tokens <= shape.length for tokens in shape.fillers)
  tokens, rows = sum(lengths), len(lengths)
  total = tokens + sum(shape.fillers)
  count = rows + len(shape.fillers)
  assert total == batch_plan.rounded(total, 8)
  assert count == batch_plan.rounded(count, 4)
  # A quarter, or as much as comes of the smallest steps.
  assert count <= rows * 1.6 + 1
  assert total <= (tokens + len(shape.fillers)) * 1.13 + 8


def test_the_number_of_shapes_is_bounded():
  numbers = {batch_plan.rounded(n, 8) for n in range(1, 4097)}
  assert len(numbers) <= 8 * 12


@pytest.mark.parametrize(
  ("lengths", "rows", "tokens", "chosen"),
  [
    ([50], 4, 10, [0]),  # the oldest in any case
    ([10, 90, 11, 12, 9], 3, 100, [0, 2, 4]),  # the nearest in length
    ([10, 90, 11], 3, 100, [0, 2]),  # as many as there is room for
    ([10, 10, 10], 2, 100, [0, 1]),  # the older of equals
  ],
)
def test_rows_of_about_the_length_of_the_oldest(lengths, rows, tokens, chosen):
  assert batch_plan.choose(lengths, rows, tokens) == chosen
