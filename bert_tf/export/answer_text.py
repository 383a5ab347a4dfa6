"""From an answer in word pieces back to its context, as TensorFlow ops.

The graph's form of `tasks/squad/answer_alignment.py`, with its results.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bert_tf.text import code_points, piece_spans, tokenizer_rules

WHITE_SPACE = "[ \t\r\n\u202f]+"  # between the words of a context
_WHITE_CODES = [ord(char) for char in WHITE_SPACE[1:-2]]


class Answers(NamedTuple):
  """Parts of contexts.

  Attributes:
    text: string [B].
    start: First character in the context, int32 [B].
    end: One past the last, int32 [B].
  """

  text: Any
  start: Any
  end: Any


def words_around(contexts: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
  """Widens spans of characters to whole words.

  Args:
    contexts: UTF-8, string [B].
    starts: First characters, int32 [B].
    ends: One past the last, int32 [B].

  Returns:
    Start and end of the words.
  """
  codes = tf.strings.unicode_decode(contexts, "UTF-8")
  size = tf.cast(codes.row_lengths(), tf.int32)  # [B]
  dense = codes.to_tensor(-1)  # [B, C]
  place = tf.range(tf.shape(dense)[1])[None]  # [1, C]
  space = _is_in(dense, _WHITE_CODES)
  before = tf.where(space & (place < starts[:, None]), place, -1)
  after = tf.where(space & (place >= ends[:, None]), place, size[:, None])
  first = tf.reduce_max(before, axis=1, keepdims=False) + 1
  last = tf.reduce_min(after, axis=1, keepdims=False)
  return tf.maximum(first, 0), tf.minimum(last, size)


def between(
  contexts: Any, starts: Any, ends: Any, rules: tokenizer_rules.TokenizerRules
) -> Answers:
  """Takes spans of characters as they stand, with the marks after their ends.

  Args:
    contexts: UTF-8, string [B].
    starts: Characters of the span's pieces, the first, int32 [B].
    ends: One past the last, int32 [B].
    rules: Of the tokenizer.
  """
  codes = tf.strings.unicode_decode(contexts, "UTF-8")
  size = tf.cast(codes.row_lengths(), tf.int32)  # [B]
  dense = codes.to_tensor(0)  # [B, C]
  place = tf.range(tf.shape(dense)[1])[None]  # [1, C]
  further = (place >= ends[:, None]) & ~_is_dropped_mark(dense, rules)
  ends = tf.reduce_min(tf.where(further, place, size[:, None]), axis=1)
  # Of a text without an answer the span is another's: it stays inside.
  starts, ends = tf.minimum(starts, size), tf.minimum(ends, size)
  length = tf.maximum(ends - starts, 0)
  text = tf.strings.substr(contexts, starts, length, "UTF8_CHAR")
  return Answers(text, starts, ends)


def _is_dropped_mark(codes: Any, rules: tokenizer_rules.TokenizerRules) -> Any:
  """`piece_spans.is_dropped_mark` of code points."""
  flat = tf.reshape(codes, [-1])
  passed = tf.searchsorted(_edges_of_marks(rules), flat, side="right")
  return tf.reshape(passed % 2 == 1, tf.shape(codes))


def _edges_of_marks(rules: tokenizer_rules.TokenizerRules) -> Any:
  """Where runs of code points that are dropped begin and end, in turns."""
  marks = [
    piece_spans.is_dropped_mark(chr(code), rules)
    for code in range(code_points.SIZE)
  ]
  return np.flatnonzero(np.diff([False, *marks, False])).astype(np.int32)


def project(
  contexts: Any, starts: Any, ends: Any, pieces: Any, split: Any
) -> Answers:
  """Finds what pieces stand for in the words that they lie in.

  White space in the text is made single spaces.

  Args:
    contexts: UTF-8, string [B].
    starts: Characters of the span's pieces, the first, int32 [B].
    ends: One past the last, int32 [B].
    pieces: The pieces, continuations joined to their words, words joined by
      single spaces; string [B].
    split: Basic tokenization: string [B] to ragged strings [B, None].
  """
  starts, ends = words_around(contexts, starts, ends)
  raw = tf.strings.substr(contexts, starts, ends - starts, "UTF8_CHAR")
  words = tf.strings.regex_replace(raw, WHITE_SPACE, " ")
  tokens = tf.strings.reduce_join(split(words), axis=-1, separator=" ")  # [B]
  found, before = _find(tokens, pieces)
  characters = _solid(raw, WHITE_SPACE)
  fits = found & (_length(characters) == _length(_solid(tokens, " ")))
  first = _length(_solid(before, " "))  # characters before, spaces apart
  last = first + _length(_solid(pieces, " ")) - 1
  left, right = _places(raw, first, last)
  new_starts = tf.where(fits, starts + left, starts)
  new_ends = tf.where(fits, starts + right + 1, ends)
  text = tf.strings.substr(
    contexts, new_starts, new_ends - new_starts, "UTF8_CHAR"
  )
  text = tf.strings.regex_replace(text, WHITE_SPACE, " ")
  return Answers(text, new_starts, new_ends)


def _is_in(codes: Any, wanted: list[int]) -> Any:
  return tf.reduce_any(codes[..., None] == tf.constant(wanted), axis=-1)


def _length(text: Any) -> Any:
  return tf.strings.length(text, "UTF8_CHAR")


def _solid(text: Any, space: str) -> Any:
  """The text without spaces."""
  return tf.strings.regex_replace(text, space, "")


def _find(texts: Any, parts: Any) -> tuple[Any, Any]:
  """Whether a part is in a text, and what stands before it; [B] each."""

  def find(pair: Any) -> Any:
    text, part = pair
    found = tf.strings.split(text, part, maxsplit=1)
    return tf.size(found) > 1, found[0]

  # An empty separator would mean any white space.
  guarded = tf.where(parts == "", "\n", parts)
  return tf.map_fn(
    find, (texts, guarded), fn_output_signature=(tf.bool, tf.string)
  )


def _places(raw: Any, first: Any, last: Any) -> tuple[Any, Any]:
  """Where the characters of two numbers stand, white space not counted."""
  codes = tf.strings.unicode_decode(raw, "UTF-8").to_tensor(ord(" "))
  solid = ~_is_in(codes, _WHITE_CODES)  # [B, C]
  number = tf.cumsum(tf.cast(solid, tf.int32), axis=1) - 1
  place = tf.range(tf.shape(codes)[1])[None]

  def at(wanted: Any) -> Any:
    hit = solid & (number == wanted[:, None])
    return tf.reduce_max(tf.where(hit, place, 0), axis=1)

  return at(first), at(last)
