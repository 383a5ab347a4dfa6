"""Where the tokenizer's pieces stand in the text."""

from collections.abc import Iterator
from typing import NamedTuple

from bert_tf.text import (
  basic_tokenizer,
  word_spans,
  wordpiece_tokenizer,
)


class PieceSpan(NamedTuple):
  """A piece and its place: `text[start:end]`.

  Attributes:
    piece: As the tokenizer made it, "##" before a continuation.
    start: Its first character in the text.
    end: One past its last character.
  """

  piece: str
  start: int
  end: int


def find(
  text: str,
  words: basic_tokenizer.BasicTokenizer,
  pieces: wordpiece_tokenizer.WordpieceTokenizer,
) -> list[PieceSpan]:
  """The pieces of a text with their places, in order; [UNK] has its word's.

  Args:
    text: The text.
    words: The first half of the tokenizer.
    pieces: The second half.
  """
  return [
    span
    for word in word_spans.find(text, words)
    for span in _of_word(text, word, words, pieces.word_pieces(word.word))
  ]


def _of_word(
  text: str,
  word: word_spans.WordSpan,
  words: basic_tokenizer.BasicTokenizer,
  pieces: list[str],
) -> Iterator[PieceSpan]:
  # The place that each character of the word comes from.
  places = [
    place
    for place in range(word.start, word.end)
    for part in words.becomes(text[place])
    if not part.isspace()
  ]
  mark = len(wordpiece_tokenizer.CONTINUATION)
  lengths = [len(pieces[0]), *(len(piece) - mark for piece in pieces[1:])]
  is_whole = pieces == [wordpiece_tokenizer.UNKNOWN]
  if is_whole or sum(lengths) != len(places):  # a character of two words
    for piece in pieces:
      yield PieceSpan(piece, word.start, word.end)
    return
  at = 0
  for piece, length in zip(pieces, lengths, strict=True):
    last = places[at + length - 1]
    yield PieceSpan(piece, places[at], last + 1)
    at += length
