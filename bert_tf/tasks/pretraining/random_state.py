"""Python's `random.Random`, draw for draw, in compiled code.

Instances of pre-training data are a function of the numbers that CPython's
generator gives for a seed. This module continues such a generator from its
state: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) with the
derivations of CPython's `random` module on top: `random()`, `randint()` by
rejection of `getrandbits()`, and `shuffle()` from the end.

A state is one uint32 array [625]: 624 words and the index of the next one.
"""

import random

import numpy as np
import numpy.typing as npt

from bert_tf.data import compiled

State = npt.NDArray[np.uint32]

_WORDS = 624
_SHIFT = 397
_MATRIX = 0x9908B0DF
_HIGH_BIT = 0x80000000
_LOW_BITS = 0x7FFFFFFF


def from_seed(seed: int) -> State:
  """Returns the state [625] of `random.Random(seed)`."""
  return np.array(random.Random(seed).getstate()[1], dtype=np.uint32)


@compiled.compiled
def _twist(high: np.uint32, low: np.uint32) -> np.uint32:
  """Returns what two words that follow one another add to the next."""
  mixed = (high & _HIGH_BIT) | (low & _LOW_BITS)
  return (mixed >> 1) ^ ((mixed & 1) * _MATRIX)


@compiled.compiled
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


@compiled.compiled
def next_word(state: State) -> int:
  """Returns the next 32 random bits."""
  if state[_WORDS] >= _WORDS:
    _refill(state)
  word = np.int64(state[state[_WORDS]])
  state[_WORDS] += 1
  word ^= word >> 11
  word ^= (word << 7) & 0x9D2C5680
  word ^= (word << 15) & 0xEFC60000
  return int(word ^ (word >> 18))


@compiled.compiled
def uniform(state: State) -> float:
  """Returns what `random()` does: a float in [0, 1) of 53 random bits."""
  high = next_word(state) >> 5
  low = next_word(state) >> 6
  return (high * 67108864.0 + low) / 9007199254740992.0


@compiled.compiled
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


@compiled.compiled
def shuffle(state: State, items: npt.NDArray[np.int32], count: int) -> None:
  """Shuffles the first `count` items in place, as `shuffle(list)` does."""
  bits = 1
  while count >> bits:
    bits += 1
  last = count - 1
  for bit in range(bits - 1, 0, -1):
    # While `last + 1` has so many bits. A draw that is too large is tried again
    # by swapping the last item with itself: guessing a branch costs more.
    while last + 1 >> bit:
      drawn = next_word(state) >> (31 - bit)
      accepted = drawn <= last
      other = drawn if accepted else last
      items[last], items[other] = items[other], items[last]
      last -= accepted
