"""Python's `random.Random`, draw for draw, in compiled code.

Instances of pre-training data are a function of the numbers that CPython's
generator gives for a seed. This module continues such a generator from its
state: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) with the
derivations of CPython's `random` module on top: `random()`, `randint()` by
rejection of `getrandbits()`, and `shuffle()` from the end.

A state is one uint32 array [1249]: 624 words, the index of the next one, and
the 624 numbers that the words give ("tempered"). These follow from the words;
to have them all at once is quicker than one by one.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.native import jit

State = npt.NDArray[np.uint32]

_WORDS = 624
_SHIFT = 397
_MATRIX = 0x9908B0DF
_HIGH_BIT = 0x80000000
_LOW_BITS = 0x7FFFFFFF
_NUMBERS = _WORDS + 1  # Where the tempered words start.


def from_seed(seed: int) -> State:
  """Returns the state [1249] of `random.Random(seed)`."""
  return from_words(random.Random(seed).getstate()[1])


def from_words(words: Sequence[int]) -> State:
  """Returns the state [1249] of what `getstate` gives: 624 words, an index."""
  state = np.zeros(_NUMBERS + _WORDS, np.uint32)
  state[:_NUMBERS] = words
  _temper(state)
  return state


@jit.compiled
def _twist(high: np.uint32, low: np.uint32) -> np.uint32:
  """Returns what two words that follow one another add to the next."""
  mixed = (high & _HIGH_BIT) | (low & _LOW_BITS)
  return (mixed >> 1) ^ ((mixed & 1) * _MATRIX)


@jit.compiled
def _refill(state: State) -> None:
  """Replaces the 624 words by the next 624."""
  # Two loops instead of an index modulo 624: the compiler makes them vectors.
  split = _WORDS - _SHIFT
  for i in range(split):
    state[i] = state[i + _SHIFT] ^ _twist(state[i], state[i + 1])
  for i in range(split, _WORDS - 1):
    state[i] = state[i - split] ^ _twist(state[i], state[i + 1])
  state[_WORDS - 1] = state[_SHIFT - 1] ^ _twist(state[_WORDS - 1], state[0])
  state[_WORDS] = 0
  _temper(state)


@jit.compiled
def _temper(state: State) -> None:
  """Fills in the numbers that the words give."""
  for i in range(_WORDS):
    word = state[i]
    word ^= word >> np.uint32(11)
    word ^= (word << np.uint32(7)) & np.uint32(0x9D2C5680)
    word ^= (word << np.uint32(15)) & np.uint32(0xEFC60000)
    state[_NUMBERS + i] = word ^ (word >> np.uint32(18))


@jit.compiled
def next_word(state: State) -> int:
  """Returns the next 32 random bits."""
  if state[_WORDS] >= _WORDS:
    _refill(state)
  word = np.int64(state[_NUMBERS + state[_WORDS]])
  state[_WORDS] += 1
  return int(word)


@jit.inlined
def uniform(state: State) -> float:
  """Returns what `random()` does: a float in [0, 1) of 53 random bits."""
  at = np.int64(state[_WORDS])
  if at < _WORDS - 1:
    # Both at once: the index is read and written once.
    high = np.int64(state[_NUMBERS + at]) >> 5
    low = np.int64(state[_NUMBERS + at + 1]) >> 6
    state[_WORDS] = at + 2
  else:
    high = np.int64(next_word(state)) >> 5
    low = np.int64(next_word(state)) >> 6
  return (high * 67108864.0 + low) / 9007199254740992.0


@jit.inlined
def below(state: State, limit: int) -> int:
  """Returns an integer in [0, limit), for a limit from 1 to 2**32 - 1.

  `randint(a, b)` is `a + below(state, b - a + 1)`.
  """
  shift = 32
  while limit >> (32 - shift):
    shift -= 1
  value = next_word(state) >> shift
  while value >= limit:
    value = next_word(state) >> shift
  return value


@jit.compiled
def shuffle(state: State, items: npt.NDArray[np.int32], count: int) -> None:
  """Shuffles the first `count` items in place, as `shuffle(list)` does."""
  bits = 1
  while count >> bits:
    bits += 1
  last: Any = count - 1
  # The index is kept at hand: in the array it would be read and written anew
  # for each draw.
  at = np.int64(state[_WORDS])
  for bit in range(bits - 1, 0, -1):
    # While `last + 1` has so many bits. A draw that is too large is tried again
    # by swapping the last item with itself: guessing a branch costs more.
    shift = 31 - bit
    while last + 1 >> bit:
      if at >= _WORDS:
        _refill(state)
        at = np.int64(0)
      drawn = np.int64(state[_NUMBERS + at]) >> shift
      at += 1
      accepted = drawn <= last
      other = drawn if accepted else last
      items[last], items[other] = items[other], items[last]
      last -= accepted
  state[_WORDS] = at


@jit.compiled
def shuffled(state: State, items: npt.NDArray[np.int32]) -> None:
  """Fills in 0, 1, 2, ... and shuffles them."""
  for i in range(len(items)):
    items[i] = i
  shuffle(state, items, len(items))
