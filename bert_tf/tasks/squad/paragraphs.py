"""Contexts in pieces, and where an answer stands among these."""

import dataclasses
import functools
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bert_tf.tasks.squad import reader, settings
from bert_tf.text import full_tokenizer, piece_spans

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class Paragraph:
  """A context in pieces.

  Attributes:
    ids: Of all pieces. int32 [T]
    first_token: The first piece of each word, and at the end T. int64 [W + 1]
    context: The context.
    finder: Finds the places of pieces.
  """

  ids: Int32s
  first_token: Int64s
  context: reader.Context
  finder: piece_spans.PlaceFinder

  @functools.cached_property
  def word_of_token(self) -> Int64s:
    """The word of each piece. int64 [T]."""
    counts = np.diff(self.first_token)
    return np.repeat(np.arange(len(counts)), counts)

  @functools.cached_property
  def places(self) -> tuple[Int64s, Int64s]:
    """First character of each piece, and one past its last. int64 [T] each."""
    return self.finder(self.context.words, self.context.word_starts)


def encode(
  texts: Sequence[str], tokenizer: full_tokenizer.FullTokenizer
) -> list[Int32s]:
  """The ids of each text."""
  ids, ends = tokenizer.encode_many(texts)
  bounds = ends.tolist()
  return [ids[a:b] for a, b in itertools.pairwise(bounds)]


def make(
  questions: Sequence[reader.Example],
  tokenizer: full_tokenizer.FullTokenizer,
  finder: piece_spans.PlaceFinder,
) -> dict[reader.Context, Paragraph]:
  """The contexts of questions, each once, in pieces."""
  contexts = list(dict.fromkeys(example.context for example in questions))
  words = [word for context in contexts for word in context.words]
  ids, ends = tokenizer.encode_many(words)
  found = {}
  first = 0
  for context in contexts:
    last = first + len(context.words)
    of_words = ends[first : last + 1]
    found[context] = Paragraph(
      ids[of_words[0] : of_words[-1]],
      of_words - of_words[0],
      context,
      finder,
    )
    first = last
  return found


def tokens_that_read_alike(
  answer: reader.Answer, paragraph: Paragraph, wanted: Int32s
) -> tuple[int, int]:
  """First and last token of the answer in its context, as in the original.

  Words carry more than the answer: of "(1895-1943)" it may be "1895". So the
  span is narrowed to the tokens that read as the answer does, if there are
  such.

  Args:
    answer: The answer.
    paragraph: Its context.
    wanted: The ids of its text.
  """
  start = int(paragraph.first_token[answer.start])
  end = int(paragraph.first_token[answer.end + 1]) - 1
  if len(wanted):
    tokens, sought = paragraph.ids[start : end + 1].tolist(), wanted.tolist()
    for first in range(len(tokens) - len(sought) + 1):
      if tokens[first : first + len(sought)] == sought:
        return start + first, start + first + len(sought) - 1
  return start, end


def tokens_of_characters(
  answer: reader.Answer, paragraph: Paragraph, wanted: Int32s
) -> tuple[int, int]:
  """First and last token that hold any of the answer's characters.

  Where there are none, because all of its characters are dropped, those of its
  words are taken. Arguments as of `tokens_that_read_alike`.
  """
  starts, ends = paragraph.places
  begin, end = answer.characters
  first = int(np.searchsorted(ends, begin, side="right"))
  last = int(np.searchsorted(starts, end, side="left")) - 1
  if first > last:
    return tokens_that_read_alike(answer, paragraph, wanted)
  return first, last


ALIGNED = {
  settings.ORIGINAL: tokens_that_read_alike,
  settings.OFFSETS: tokens_of_characters,
}
