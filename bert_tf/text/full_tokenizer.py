"""Text to word pieces and ids: both tokenizers, end to end.

No step of tokenization looks across a space, so the pieces of a word depend on
nothing but the word. Running text says the same few words again and again:
each is worked out once and looked up from then on. So are the parts that
`BasicTokenizer` makes of a word: scripts without spaces come again as parts.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bert_tf.text import basic_tokenizer, vocabulary_file, wordpiece_tokenizer

_T = TypeVar("_T")
_K = TypeVar("_K")
_V = TypeVar("_V")

# A full cache of English words is about 80 MB. It is then emptied: the words
# that matter come back at once.
MAX_CACHED_WORDS = 1 << 19

# Longer words hardly come twice. In scripts without spaces they are sentences.
MAX_CACHED_LENGTH = 24


class UnknownTokenError(KeyError):
  """A token or id that the vocabulary does not have."""

  def __str__(self) -> str:
    return str(self.args[0])  # KeyError itself would show it in quotes.


class _WordCache(dict[str, tuple[_T, ...]]):
  """What `compute` gives for a word, remembered; of bounded size."""

  def __init__(self, compute: Callable[[str], Iterable[_T]]):
    super().__init__()
    self._compute = compute

  def __missing__(self, word: str) -> tuple[_T, ...]:
    value = tuple(self._compute(word))
    if len(word) <= MAX_CACHED_LENGTH:
      if len(self) >= MAX_CACHED_WORDS:
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


class FullTokenizer:
  """Runs end-to-end tokenization.

  The vocabulary is read once and must not be changed afterwards. Copies sent to
  other processes carry the vocabulary and start with empty caches.

  Attributes:
    vocab: the id of each piece.
    inv_vocab: the piece of each id.
    do_lower_case: whether text is lower-cased and loses its accents.
    basic_tokenizer: the first half, text to words.
    wordpiece_tokenizer: the second half, words to pieces.
  """

  def __init__(
    self, vocab_file: str | os.PathLike[str], do_lower_case: bool = True
  ):
    """Reads the vocabulary; see `vocabulary_file.load_vocab` for the errors."""
    self._set_up(vocabulary_file.load_vocab(vocab_file), do_lower_case)

  def _set_up(self, vocabulary: dict[str, int], do_lower_case: bool) -> None:
    self.vocab = vocabulary
    self.inv_vocab = {index: token for token, index in vocabulary.items()}
    self.do_lower_case = do_lower_case
    self.basic_tokenizer = basic_tokenizer.BasicTokenizer(do_lower_case)
    self.wordpiece_tokenizer = wordpiece_tokenizer.WordpieceTokenizer(
      vocabulary
    )
    self._part_pieces = _WordCache(self.wordpiece_tokenizer.word_pieces)
    self._part_ids = _WordCache(self._compute_part_ids)
    self._pieces = _WordCache(self._compute_pieces)
    self._ids = _WordCache(self.compute_word_ids)
    self._lines: Any = None

  def __getstate__(self) -> tuple[dict[str, int], bool]:
    return self.vocab, self.do_lower_case

  def __setstate__(self, state: tuple[dict[str, int], bool]) -> None:
    self._set_up(*state)

  def tokenize(self, text: str | bytes) -> list[str]:
    """Returns the word pieces of `text`.

    Args:
      text: a string, or UTF-8 bytes. Special tokens in it are ordinary text:
        "[SEP]" becomes "[", "sep", "]".
    """
    return self._pieces.of_text(basic_tokenizer.to_unicode(text))

  def encode(self, text: str | bytes) -> list[int]:
    """Returns `convert_tokens_to_ids(tokenize(text))`, sooner."""
    return self._ids.of_text(basic_tokenizer.to_unicode(text))

  def encode_many(
    self, texts: Sequence[str]
  ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Encodes many texts at once, in compiled code: soonest.

    Returns:
      The ids of all texts, one after the other, int32 [T], and 0, then where
      each text's ids end, int64 [N + 1].

    Raises:
      UnknownTokenError: "[UNK]" is needed and the vocabulary does not have it.
    """
    if self._lines is None:
      # Imported when it is wanted: it loads a compiler.
      from bert_tf.text import line_encoder

      self._lines = line_encoder.LineEncoder(self)
    return self._lines.encode_texts(texts)

  def word_pieces(self, word: str) -> tuple[str, ...]:
    """Returns `tokenize(word)`, cached: for text that is split at spaces."""
    return self._pieces[word]

  def word_ids(self, word: str) -> tuple[int, ...]:
    """Returns `encode(word)`, cached: for text that is split at spaces."""
    return self._ids[word]

  def compute_word_ids(self, word: str) -> list[int]:
    """Returns `encode(word)`, uncached: for those who remember it."""
    return self._part_ids.of_words(self.basic_tokenizer.tokenize(word))

  def convert_tokens_to_ids(self, tokens: Iterable[str]) -> list[int]:
    """Returns the id of each token.

    Raises:
      UnknownTokenError: a KeyError; the vocabulary does not have the token.
    """
    return _look_up(self.vocab, tokens, "token")

  def convert_ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
    """Returns the token of each id.

    Raises:
      UnknownTokenError: a KeyError; the vocabulary does not have the id.
    """
    return _look_up(self.inv_vocab, ids, "id")

  def _compute_pieces(self, word: str) -> list[str]:
    return self._part_pieces.of_words(self.basic_tokenizer.tokenize(word))

  def _compute_part_ids(self, part: str) -> list[int]:
    pieces = self.wordpiece_tokenizer.word_pieces(part)
    return self.convert_tokens_to_ids(pieces)


def _look_up(table: Mapping[_K, _V], keys: Iterable[_K], kind: Any) -> list[_V]:
  """Returns the table's entry for each key."""
  try:
    return [table[key] for key in keys]
  except KeyError as error:
    raise UnknownTokenError(
      f"the {kind} {error.args[0]!r} is not in the vocabulary of {len(table)} "
      "pieces; use the vocab_file that belongs to the checkpoint, or a token "
      "that it has"
    ) from None
