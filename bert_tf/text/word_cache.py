"""What is computed for a word, remembered."""

import itertools
from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")

# A full cache of English words is about 80 MB. It is then emptied: the words
# that matter come back at once.
MAX_WORDS = 1 << 19

# Longer words hardly come twice. In scripts without spaces they are sentences.
MAX_LENGTH = 24


class WordCache(dict[str, tuple[_T, ...]]):
  """What `compute` gives for a word, remembered; of bounded size."""

  def __init__(
    self,
    compute: Callable[[str], Iterable[_T]],
    max_words: int = MAX_WORDS,
    max_length: int = MAX_LENGTH,
  ):
    super().__init__()
    self._compute = compute
    self._max_words = max_words
    self._max_length = max_length

  def __missing__(self, word: str) -> tuple[_T, ...]:
    value = tuple(self._compute(word))
    if len(word) <= self._max_length:
      if len(self) >= self._max_words:
        self.clear()
      self[word] = value
    return value

  def of_words(self, words: Iterable[str]) -> list[_T]:
    """Looks up words and joins what they give."""
    return list(itertools.chain.from_iterable(map(self.__getitem__, words)))

  def of_text(self, text: str) -> list[_T]:
    """Looks up the words of `text` and joins what they give."""
    # Splitting at spaces alone is deliberate: `str.split()` also splits at
    # control characters, which the tokenizer drops, joining what they part.
    # A newline is a space to the tokenizer too.
    return self.of_words(text.replace("\n", " ").split(" "))
