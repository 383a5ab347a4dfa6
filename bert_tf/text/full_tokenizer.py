"""Text to word pieces and ids: both tokenizers, end to end.

No step of tokenization looks across a space, so the pieces of a word depend on
nothing but the word. Running text says the same few words again and again:
each is worked out once and looked up from then on. So are the parts that
`BasicTokenizer` makes of a word: scripts without spaces come again as parts.
"""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bert_tf.text import (
  basic_tokenizer,
  piece_spans,
  tokenizer_rules,
  vocabulary_file,
  word_cache,
  wordpiece_tokenizer,
)

if TYPE_CHECKING:
  from bert_tf.text import line_encoder

_TENSORS = ("np", "tf")


class FullTokenizer:
  """Runs end-to-end tokenization.

  The vocabulary is read once and must not be changed afterwards. Copies sent to
  other processes carry the vocabulary and start with empty caches.

  Attributes:
    vocab_file: the file of the vocabulary.
    vocab: the id of each piece.
    inv_vocab: the piece of each id.
    rules: how text becomes words.
    basic_tokenizer: the first half, text to words.
    wordpiece_tokenizer: the second half, words to pieces.
  """

  def __init__(
    self,
    vocab_file: str | os.PathLike[str],
    do_lower_case: bool = True,
    rules: tokenizer_rules.TokenizerRules | None = None,
    max_cached_words: int = word_cache.MAX_WORDS,
  ):
    """Reads the vocabulary; see `vocabulary_file.load_vocab` for the errors.

    Args:
      vocab_file: the vocabulary.
      do_lower_case: which of the original's rules hold: those of its uncased
        or of its cased models.
      rules: instead of these.
      max_cached_words: how many words each cache holds before it is emptied.
    """
    self._set_up(
      os.fspath(vocab_file),
      vocabulary_file.load_vocab(vocab_file),
      rules or tokenizer_rules.TokenizerRules.from_lower_case(do_lower_case),
      max_cached_words,
    )

  def _set_up(
    self,
    vocab_file: str,
    vocabulary: dict[str, int],
    rules: tokenizer_rules.TokenizerRules,
    max_cached_words: int,
  ) -> None:
    self.vocab_file = vocab_file
    self.vocab = vocabulary
    self.inv_vocab = {index: token for token, index in vocabulary.items()}
    self.rules = rules
    self.basic_tokenizer = basic_tokenizer.BasicTokenizer(rules=rules)
    self.wordpiece_tokenizer = wordpiece_tokenizer.WordpieceTokenizer(
      vocabulary, max_input_chars_per_word=rules.max_input_chars_per_word
    )
    self._max_cached_words = max_cached_words
    self._part_pieces = word_cache.WordCache(
      self.wordpiece_tokenizer.word_pieces, max_cached_words
    )
    self._part_ids = word_cache.WordCache(
      self._compute_part_ids, max_cached_words
    )
    self._pieces = word_cache.WordCache(self._compute_pieces, max_cached_words)
    self._ids = word_cache.WordCache(self._compute_ids, max_cached_words)
    self._lines: line_encoder.LineEncoder | None = None

  def __getstate__(
    self,
  ) -> tuple[str, dict[str, int], tokenizer_rules.TokenizerRules, int]:
    return self.vocab_file, self.vocab, self.rules, self._max_cached_words

  def __setstate__(
    self,
    state: tuple[str, dict[str, int], tokenizer_rules.TokenizerRules, int],
  ) -> None:
    self._set_up(*state)

  @property
  def do_lower_case(self) -> bool:
    """Whether text is lower-cased."""
    return self.rules.lower_case

  def __call__(
    self,
    texts: Sequence[str],
    pairs: Sequence[str | None] | None = None,
    max_seq_length: int | None = None,
    return_tensors: str = "np",
    return_offsets: bool = False,
  ) -> dict[str, Any]:
    """Makes the inputs of a model, the same that the commands feed.

    Args:
      texts: Texts, N of them.
      pairs: Their second texts; None where a text has none.
      max_seq_length: S, to which all are padded, or truncated; None pads to the
        longest and truncates none.
      return_tensors: "np" for arrays, "tf" for tensors.
      return_offsets: Whether to return the places of tokens, too.

    Returns:
      `input_ids`, `input_mask`, `segment_ids`, int32 [N, S]; and `offsets`,
      int32 [N, S, 2], see `text_batches.offsets`.

    Raises:
      TypeError: `texts` or `pairs` is one string.
      ValueError: There are not as many pairs as texts, or an argument has a
        value that it cannot have.
    """
    # Imported when it is wanted: it loads a compiler.
    from bert_tf.text import text_batches

    for name, value in (("texts", texts), ("pairs", pairs)):
      if isinstance(value, str | bytes):
        raise TypeError(f"{name} is one string; give a list of them")
    if return_tensors not in _TENSORS:
      raise ValueError(
        f"return_tensors={return_tensors!r} is not known; it is one of "
        f"{', '.join(_TENSORS)}"
      )
    texts = list(texts)
    second = [None] * len(texts) if pairs is None else list(pairs)
    if len(second) != len(texts):
      raise ValueError(
        f"found {len(second)} pairs, expected {len(texts)}, one for each text "
        "(None for none)"
      )
    both = list(zip(texts, second, strict=True))
    arrays = text_batches.encode(both, self, max_seq_length)
    if max_seq_length is None:
      arrays = text_batches.shortened(arrays)
    if return_offsets:
      places = [[self._places(x or "") for x in pair] for pair in both]
      arrays[text_batches.OFFSETS] = text_batches.offsets(both, places, arrays)
    if return_tensors == "np":
      return dict(arrays)
    import tensorflow as tf  # Only here: tokenizing needs none.

    return {name: tf.constant(array) for name, array in arrays.items()}

  def _places(self, text: str) -> list[tuple[int, int]]:
    """Start and end of each piece of a text."""
    return [(span.start, span.end) for span in piece_spans.find(text, self)]

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
      self._lines = self.line_encoder()
    return self._lines.encode_texts(texts)

  def line_encoder(self, **limits: int) -> "line_encoder.LineEncoder":
    """Returns a new compiled encoder of the same ids.

    Args:
      **limits: as of `line_encoder.LineEncoder`.
    """
    # Imported when it is wanted: it loads a compiler.
    from bert_tf.text import line_encoder

    return line_encoder.LineEncoder(
      self.vocab, self.rules, self._compute_ids, **limits
    )

  def word_pieces(self, word: str) -> tuple[str, ...]:
    """Returns `tokenize(word)`, cached: for text that is split at spaces."""
    return self._pieces[word]

  def word_ids(self, word: str) -> tuple[int, ...]:
    """Returns `encode(word)`, cached: for text that is split at spaces."""
    return self._ids[word]

  def convert_tokens_to_ids(self, tokens: Iterable[str]) -> list[int]:
    """Returns the id of each token.

    Raises:
      UnknownTokenError: a KeyError; the vocabulary does not have the token.
    """
    return vocabulary_file.look_up(self.vocab, tokens, "token")

  def convert_ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
    """Returns the token of each id.

    Raises:
      UnknownTokenError: a KeyError; the vocabulary does not have the id.
    """
    return vocabulary_file.look_up(self.inv_vocab, ids, "id")

  def _compute_pieces(self, word: str) -> list[str]:
    return self._part_pieces.of_words(self.basic_tokenizer.tokenize(word))

  def _compute_ids(self, word: str) -> list[int]:
    return self._part_ids.of_words(self.basic_tokenizer.tokenize(word))

  def _compute_part_ids(self, part: str) -> list[int]:
    pieces = self.wordpiece_tokenizer.word_pieces(part)
    return self.convert_tokens_to_ids(pieces)
