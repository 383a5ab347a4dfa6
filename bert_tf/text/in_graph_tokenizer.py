"""Text to ids inside a TensorFlow graph, equal to `FullTokenizer`.

It runs eagerly, in a `tf.function`, in `tf.data` and in a SavedModel, without
Python. A SavedModel of it, or of something that holds it, needs no other file;
to load it `tensorflow_text` must be imported, which brings the op.
"""

import os
from typing import Any

import tensorflow as tf

from bert_tf.text import (
  in_graph_inputs,
  in_graph_pieces,
  in_graph_words,
  tokenizer_rules,
  vocabulary_file,
)

# Texts that need no look-up: what is not here is a control character, which is
# dropped, or not ASCII.
_PLAIN = r"[\t\n\r -~]*"

_TEXTS = tf.TensorSpec([None], tf.string, "texts")
_WORDS = tf.RaggedTensorSpec([None, None], tf.string)


class InGraphTokenizer(tf.Module):
  """Runs end-to-end tokenization inside a graph.

  Strings are UTF-8; broken bytes are dropped, as `FullTokenizer` does.

  Attributes:
    rules: how text becomes words.
    vocab_size: one more than the last id.
    pad_id: the id of [PAD].
    unk_id: the id of [UNK].
    cls_id: the id of [CLS].
    sep_id: the id of [SEP].
    mask_id: the id of [MASK].
  """

  def __init__(
    self,
    vocab_file: str | os.PathLike[str],
    do_lower_case: bool = True,
    rules: tokenizer_rules.TokenizerRules | None = None,
  ):
    """Reads the vocabulary, which is not needed again.

    Args:
      vocab_file: the vocabulary.
      do_lower_case: which of the original's rules hold: those of its uncased
        or of its cased models.
      rules: instead of these.

    Raises:
      FileNotFoundError: there is no such file.
      VocabularyError: it is none, lacks a special token, or has a piece too
        long for a graph.
    """
    super().__init__(name="in_graph_tokenizer")
    vocabulary = vocabulary_file.load_vocab(vocab_file)
    vocabulary_file.require_tokens(vocabulary, path=vocab_file)
    self.rules = rules or tokenizer_rules.TokenizerRules.from_lower_case(
      do_lower_case
    )
    self.vocab_size = max(vocabulary.values()) + 1
    self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (
      vocabulary[token] for token in vocabulary_file.SPECIAL_TOKENS
    )
    longest = self.rules.max_input_chars_per_word
    self._splitter = in_graph_words.WordSplitter(self.rules)
    self._words, self._texts = (
      in_graph_pieces.PieceCutter(vocabulary, vocab_file, split_text, longest)
      for split_text in (False, True)
    )

  @property
  def do_lower_case(self) -> bool:
    """Whether text is lower-cased."""
    return self.rules.lower_case

  @tf.function(input_signature=[_TEXTS], autograph=False)
  def __call__(self, texts: Any) -> Any:
    """Returns the ids of strings [batch], ragged int32 [batch, None]."""
    return self._tokenize(texts, with_offsets=False)[..., 0]

  @tf.function(input_signature=[_TEXTS], autograph=False)
  def tokenize_with_offsets(self, texts: Any) -> tuple[Any, Any, Any]:
    """Returns ids and the part of the text that each piece came from.

    Args:
      texts: strings [batch].

    Returns:
      Ids, starts and ends, ragged int32 [batch, None] each. A piece came from
      `text[start:end]` of the decoded text; [UNK] from its whole word. Accents
      and other characters that are dropped at the end of a piece may be left
      out.
    """
    found = self._tokenize(texts, with_offsets=True)
    return found[..., 0], found[..., 1], found[..., 2]

  @tf.function(input_signature=[_WORDS], autograph=False)
  def tokenize_words(self, words: Any) -> Any:
    """Returns the ids of each word on its own.

    Args:
      words: strings, ragged [batch, words].

    Returns:
      Ragged int32 [batch, words, None]. A word may have no ids.
    """
    ids = self._tokenize(words.values, with_offsets=False)[..., 0]
    return words.with_values(ids)

  @tf.function(input_signature=[_TEXTS], autograph=False)
  def split(self, texts: Any) -> Any:
    """Returns words before they are cut, ragged strings [batch, None]."""
    with tf.device("/CPU:0"):
      words = self._splitter(texts)
      strings = tf.strings.unicode_encode(words.codes, "UTF-8")
      return tf.RaggedTensor.from_row_splits(
        strings, words.text_splits, validate=False
      )

  def pack(
    self,
    texts: Any,
    text_pairs: Any | None = None,
    max_seq_length: int = 128,
    pad_to_max: bool = False,
  ) -> dict[str, Any]:
    """Returns the models' inputs of texts or pairs of texts.

    Args:
      texts: strings [batch].
      text_pairs: strings [batch]; one without words, such as the empty one, is
        no second text.
      max_seq_length: longer ones are cut, of a pair the longer text first.
      pad_to_max: whether S is `max_seq_length`, or else the longest row.

    Returns:
      `input_ids`, `input_mask`, `segment_ids`, int32 [batch, S].

    Raises:
      ValueError: `max_seq_length` is too short.
    """
    return in_graph_inputs.pack(
      self(texts),
      None if text_pairs is None else self(text_pairs),
      self.cls_id,
      self.sep_id,
      max_seq_length,
      pad_to_max,
    )

  def _tokenize(self, texts: Any, with_offsets: bool) -> Any:
    """Returns [id] or [id, start, end] of pieces: ragged [batch, None, 1|3]."""
    with tf.device("/CPU:0"):  # where strings are
      plain = tf.strings.regex_full_match(texts, _PLAIN)
      return tf.cond(
        tf.reduce_all(plain),
        lambda: self._plain(texts, with_offsets),
        lambda: self._mixed(texts, plain, with_offsets),
      )

  def _mixed(self, texts: Any, plain: Any, with_offsets: bool) -> Any:
    """Takes each text the way it needs."""
    plain_at, other_at = tf.where(plain)[:, 0], tf.where(~plain)[:, 0]
    found = tf.concat(
      [
        self._plain(tf.gather(texts, plain_at), with_offsets),
        self._any(tf.gather(texts, other_at), with_offsets),
      ],
      axis=0,
    )
    order = tf.argsort(tf.concat([plain_at, other_at], axis=0))
    return tf.gather(found, order)

  def _plain(self, texts: Any, with_offsets: bool) -> Any:
    """Tokenizes ASCII without control characters; bytes are characters."""
    if self.rules.lower_case:
      texts = tf.strings.lower(texts)
    if not with_offsets:
      ids = self._texts.ids(texts)
      return ids.with_values(ids.values[:, None])
    ids, starts, ends = self._texts.ids_with_offsets(texts)
    return ids.with_values(_columns(ids.values, starts, ends))

  def _any(self, texts: Any, with_offsets: bool) -> Any:
    """Tokenizes whatever there is."""
    words = self._splitter(texts)
    strings = tf.strings.unicode_encode(words.codes, "UTF-8")
    too_long = words.codes.row_lengths() > self.rules.max_input_chars_per_word
    strings = tf.where(too_long, self._words.unknown_word, strings)
    if with_offsets:
      ids, starts, ends = self._words.ids_with_offsets(strings)
      starts, ends = _places(words, ids, starts, ends, too_long)
      values = _columns(ids.values, starts, ends)
    else:
      ids = self._words.ids(strings)
      values = ids.values[:, None]
    splits = tf.gather(ids.row_splits, words.text_splits)
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False)


def _columns(*values: Any) -> Any:
  return tf.stack([tf.cast(value, tf.int32) for value in values], axis=1)


def _places(
  words: in_graph_words.Words, ids: Any, starts: Any, ends: Any, too_long: Any
) -> tuple[Any, Any]:
  """Turns bytes of words into places in texts, for each piece."""
  codes = words.codes.values  # [M]
  sizes = 1 + sum(
    tf.cast(codes >= first, tf.int64) for first in (0x80, 0x800, 0x10000)
  )
  bytes_before = tf.cumsum(sizes, exclusive=True)  # [M], ascending
  word = ids.value_rowids()  # [pieces], as all that follows
  first = tf.gather(words.codes.row_starts(), word)
  last = tf.gather(words.codes.row_limits(), word) - 1
  begin = tf.gather(bytes_before, first)
  whole = tf.gather(too_long, word)  # Its string is not its characters'.
  at = tf.searchsorted(bytes_before, begin + starts, out_type=tf.int64)
  past = tf.searchsorted(bytes_before, begin + ends, out_type=tf.int64)
  first = tf.where(whole, first, at)
  last = tf.where(whole, last, past - 1)
  return tf.gather(words.places, first), tf.gather(words.places, last) + 1
