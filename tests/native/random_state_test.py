import random

import numpy as np
import pytest

from bert_tf.native import random_state

SEEDS = [0, 1, 12345, -7, 2**40 + 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_draws_are_pythons(seed):
  ours, pythons = random_state.from_seed(seed), random.Random(seed)
  for _ in range(1500):  # More than one refill of 624 words.
    assert random_state.uniform(ours) == pythons.random()


@pytest.mark.parametrize(
  "limit", [1, 2, 3, 4, 5, 127, 128, 129, 30522, 2**31, 2**32 - 1]
)
def test_integers_are_pythons(limit):
  ours, pythons = random_state.from_seed(5), random.Random(5)
  for _ in range(700):
    assert random_state.below(ours, limit) == pythons.randint(0, limit - 1)


def test_shuffles_are_pythons():
  ours, pythons = random_state.from_seed(3), random.Random(3)
  for count in [*range(70), 127, 128, 129, 4096, 5000]:
    expected = list(range(count))
    pythons.shuffle(expected)
    items = np.arange(count + 1, dtype=np.int32)
    random_state.shuffle(ours, items, count)
    assert items.tolist() == [*expected, count]
  assert random_state.uniform(ours) == pythons.random()


def test_continues_from_any_state():
  pythons = random.Random(9)
  for _ in range(100):
    pythons.random()
  ours = random_state.from_words(pythons.getstate()[1])
  assert random_state.uniform(ours) == pythons.random()
