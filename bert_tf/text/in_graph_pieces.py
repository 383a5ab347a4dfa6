"""Words to ids as TensorFlow ops: `WordpieceTokenizer` inside a graph.

Cutting is left to tensorflow_text's `FastWordpieceTokenizer`, which does the
same longest match first. What it would do otherwise is kept from it: it counts
a word's bytes, not its characters, and takes neither empty nor repeated pieces.
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from bert_tf.text import vocabulary_file, wordpiece_tokenizer

_BYTES_OF_A_CHARACTER = 4
_PRIVATE = range(0xE000, 0xF900)


class PieceCutter(tf.Module):
  """Cuts words, or plain ASCII texts, into the ids of pieces.

  Attributes:
    unknown_word: a word that is sure to be unknown.
  """

  def __init__(
    self,
    vocabulary: Mapping[str, int],
    path: str | os.PathLike[str],
    split_text: bool,
    longest_word: int = 200,
  ):
    """Builds the automaton.

    Args:
      vocabulary: the id of each piece.
      path: the file it came from, for messages.
      split_text: whether what is cut are plain ASCII texts, not words.
      longest_word: in characters; longer ones must be kept from it, unless
        `split_text`.

    Raises:
      VocabularyError: no automaton can be made of these pieces.
    """
    super().__init__(name="piece_cutter")
    self.unknown_word = _unused_character(vocabulary)
    pieces = {
      piece: index
      for piece, index in vocabulary.items()
      if piece not in ("", wordpiece_tokenizer.CONTINUATION)
      and (piece.isascii() or not split_text)
    }
    if split_text:  # The automaton wants a piece that a text could have.
      pieces[self.unknown_word] = pieces[wordpiece_tokenizer.UNKNOWN]
    self._ids = tf.constant(np.fromiter(pieces.values(), np.int32))
    try:
      self._cutter = tf_text.FastWordpieceTokenizer(
        list(pieces),
        suffix_indicator=wordpiece_tokenizer.CONTINUATION,
        max_bytes_per_word=longest_word
        * (1 if split_text else _BYTES_OF_A_CHARACTER),
        unknown_token=wordpiece_tokenizer.UNKNOWN,
        token_out_type=tf.int32,
        no_pretokenization=not split_text,
      )
    except RuntimeError as error:
      raise vocabulary_file.VocabularyError(
        f"{path}: cannot be used inside a graph, where a piece has at most 256 "
        f"bytes: {error}; shorten or remove the piece, or use FullTokenizer"
      ) from error

  def ids(self, strings: Any) -> Any:
    """Returns the ids of strings [N], ragged int32 [N, None]."""
    return self._as_ids(self._cutter.tokenize(strings))

  def ids_with_offsets(self, strings: Any) -> tuple[Any, Any, Any]:
    """Returns ids as `ids` does, and where in bytes pieces begin and end."""
    numbers, starts, ends = self._cutter.tokenize_with_offsets(strings)
    return self._as_ids(numbers), starts.flat_values, ends.flat_values

  def _as_ids(self, numbers: Any) -> Any:
    return numbers.with_values(tf.gather(self._ids, numbers.values))


def _unused_character(vocabulary: Mapping[str, int]) -> str:
  """A letter that no piece has."""
  used = set().union(*vocabulary)
  return next(char for char in map(chr, _PRIVATE) if char not in used)
