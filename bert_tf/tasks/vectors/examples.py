"""Lines to the sequences that the model gets, words and their places too."""

import dataclasses

from bert_tf.text import full_tokenizer, text_lines, text_pairs, word_spans


@dataclasses.dataclass(frozen=True)
class Word:
  """A word of a sequence.

  Attributes:
    text: As it stands in the line.
    start: The place of its first character in the line.
    end: One past its last character.
    first: Its first piece in the sequence.
    last: One past its last piece, of those that were not cut off.
  """

  text: str
  start: int
  end: int
  first: int
  last: int


@dataclasses.dataclass(frozen=True)
class Encoded:
  """A line as the model gets it.

  Attributes:
    tokens: [CLS], pieces, [SEP], pieces and [SEP].
    segment_ids: One a token.
    words: Those of which a piece is left.
  """

  tokens: list[str]
  segment_ids: list[int]
  words: tuple[Word, ...] = ()


def encode(
  line: text_lines.Line,
  tokenizer: full_tokenizer.FullTokenizer,
  max_seq_length: int,
  with_words: bool = False,
) -> Encoded:
  """Makes the sequence. Source: extract_features.py.

  Args:
    line: One text or two.
    tokenizer: The model's.
    max_seq_length: The most tokens, at least 3.
    with_words: Whether `words` are wanted.
  """
  tokens_a = tokenizer.tokenize(line.text_a)
  tokens_b = tokenizer.tokenize(line.text_b or "")
  tokens, segment_ids = text_pairs.sequence(tokens_a, tokens_b, max_seq_length)
  if not with_words:
    return Encoded(tokens, segment_ids)
  ends = [i for i, token in enumerate(tokens) if token == text_pairs.SEP]
  words = _words(line.text_a, line.start_a, tokenizer, 1, ends[0])
  if len(ends) > 1:
    words += _words(
      line.text_b or "", line.start_b, tokenizer, ends[0] + 1, ends[1]
    )
  return Encoded(tokens, segment_ids, tuple(words))


def _words(
  text: str,
  offset: int,
  tokenizer: full_tokenizer.FullTokenizer,
  first: int,
  limit: int,
) -> list[Word]:
  """The words whose pieces are the tokens from `first` to before `limit`."""
  words = []
  for word, start, end in word_spans.find(text, tokenizer.basic_tokenizer):
    if first >= limit:
      break
    last = first + len(tokenizer.wordpiece_tokenizer.word_pieces(word))
    words.append(
      Word(
        text[start:end],
        offset + start,
        offset + end,
        first,
        min(last, limit),
      )
    )
    first = last
  return words
