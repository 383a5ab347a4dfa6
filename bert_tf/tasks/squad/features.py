"""Questions to features: windows over the context.

Source: run_squad.py, `convert_examples_to_features` and `FeatureWriter`.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.data import features as example_lib
from bert_tf.data import record_writer
from bert_tf.tasks.squad import reading
from bert_tf.text import full_tokenizer

FIRST_UNIQUE_ID = 1_000_000_000
MODEL_INPUTS = ("input_ids", "input_mask", "segment_ids")
LABELS = ("start_positions", "end_positions", "is_impossible")
_RECORDS_A_BATCH = 256
_EXAMPLES_LOGGED = 2
_SPECIAL_TOKENS = 3  # [CLS] question [SEP] window [SEP]


@dataclasses.dataclass(frozen=True)
class WindowSettings:
  """How contexts are cut.

  Attributes:
    max_seq_length: Tokens of a feature.
    doc_stride: Tokens from one window's start to the next one's.
    max_query_length: A question's further tokens are dropped.
  """

  max_seq_length: int = 384
  doc_stride: int = 128
  max_query_length: int = 64

  def __post_init__(self) -> None:
    for field in dataclasses.fields(self):
      if getattr(self, field.name) < 1:
        raise ValueError(f"{field.name}={getattr(self, field.name)} is below 1")
    if self.max_seq_length <= self.max_query_length + _SPECIAL_TOKENS:
      raise ValueError(
        f"The max_seq_length ({self.max_seq_length}) must be greater than "
        f"max_query_length ({self.max_query_length}) + 3"
      )


@dataclasses.dataclass(frozen=True)
class Feature:
  """One window over one question's context.

  Attributes:
    unique_id: Its name in the records.
    example_index: Whose it is.
    window_index: Which one of the question's windows, from 0.
    tokens: Without padding.
    word_of_token: For the window's tokens: their word in the context.
    is_max_context: For the window's tokens: whether no other window shows the
      token amid more context.
    ids: Of `tokens`.
    segment_ids: Of `tokens`.
    start_position: First token of the answer; 0 if it is not in the window.
    end_position: Its last token.
    is_impossible: Whether the question has no answer.
  """

  unique_id: int
  example_index: int
  window_index: int
  tokens: list[str]
  word_of_token: dict[int, int]
  is_max_context: dict[int, bool]
  ids: list[int]
  segment_ids: list[int]
  start_position: int = 0
  end_position: int = 0
  is_impossible: bool = False


@dataclasses.dataclass(frozen=True)
class _TokenizedContext:
  """A context in pieces.

  Attributes:
    tokens: All pieces.
    word_of_token: The word of each piece.
    first_token: The first piece of each word.
  """

  tokens: list[str]
  word_of_token: list[int]
  first_token: list[int]


def _tokenize(
  context: reading.Context, tokenizer: full_tokenizer.FullTokenizer
) -> _TokenizedContext:
  result = _TokenizedContext([], [], [])
  for index, word in enumerate(context.words):
    result.first_token.append(len(result.tokens))
    pieces = tokenizer.word_pieces(word)
    result.tokens.extend(pieces)
    result.word_of_token.extend([index] * len(pieces))
  return result


def make_features(
  examples: Iterable[reading.Example],
  tokenizer: full_tokenizer.FullTokenizer,
  settings: WindowSettings,
  is_training: bool = False,
) -> Iterator[Feature]:
  """The windows of each question in turn.

  A context without tokens has no window.

  Args:
    examples: Questions.
    tokenizer: Text to pieces.
    settings: How contexts are cut.
    is_training: Whether examples have answers, or else are impossible.
  """
  unique_id = FIRST_UNIQUE_ID
  context, tokenized = None, _TokenizedContext([], [], [])
  for index, example in enumerate(examples):
    if example.context is not context:  # questions share their paragraph
      context = example.context
      tokenized = _tokenize(context, tokenizer)
    span = answer_tokens(example, tokenized, tokenizer)
    query = tokenizer.tokenize(example.question)[: settings.max_query_length]
    room = settings.max_seq_length - len(query) - _SPECIAL_TOKENS
    spans = windows(len(tokenized.tokens), room, settings.doc_stride)
    best = best_windows(len(tokenized.tokens), spans)
    for number, (start, length) in enumerate(spans):
      offset = len(query) + 2
      positions = range(start, start + length)
      tokens = [
        *("[CLS]", *query, "[SEP]"),
        *(*tokenized.tokens[start : start + length], "[SEP]"),
      ]
      first, last = 0, 0
      if span and span[0] >= start and span[1] < start + length:
        first, last = (token - start + offset for token in span)
      yield Feature(
        unique_id=unique_id,
        example_index=index,
        window_index=number,
        tokens=tokens,
        word_of_token={
          i - start + offset: tokenized.word_of_token[i] for i in positions
        },
        is_max_context={
          i - start + offset: best[i] == number for i in positions
        },
        ids=tokenizer.convert_tokens_to_ids(tokens),
        segment_ids=[0] * offset + [1] * (length + 1),
        start_position=first,
        end_position=last,
        is_impossible=is_training and example.answer is None,
      )
      unique_id += 1


def windows(tokens: int, room: int, stride: int) -> list[tuple[int, int]]:
  """Start and length of windows that cover `tokens` tokens."""
  found: list[tuple[int, int]] = []
  start = 0
  while start < tokens:
    length = min(tokens - start, room)
    found.append((start, length))
    if start + length == tokens:
      break
    start += min(length, stride)
  return found


def best_windows(tokens: int, spans: Sequence[tuple[int, int]]) -> list[int]:
  """For each token the window that shows it amid the most context.

  A window's score is the lesser of the tokens at its left and right, and a
  little for a longer window; the first of equals wins.
  """
  best = [-1] * tokens
  scores = [-1.0] * tokens
  for number, (start, length) in enumerate(spans):
    for i in range(length):
      score = min(i, length - 1 - i) + 0.01 * length
      if score > scores[start + i]:
        best[start + i], scores[start + i] = number, score
  return best


def answer_tokens(
  example: reading.Example,
  tokenized: _TokenizedContext,
  tokenizer: full_tokenizer.FullTokenizer,
) -> tuple[int, int] | None:
  """First and last token of the answer in its context; None without answer.

  Words carry more than the answer: of "(1895-1943)" it may be "1895". So the
  span is narrowed to the tokens that read as the answer does, if there are
  such.
  """
  answer = example.answer
  if answer is None:
    return None
  start = tokenized.first_token[answer.start]
  end = len(tokenized.tokens) - 1
  if answer.end < len(tokenized.first_token) - 1:
    end = tokenized.first_token[answer.end + 1] - 1
  wanted = tokenizer.tokenize(answer.text)
  # As joined by spaces, which no piece has within it.
  for first in range(start, end + 1):
    last = first + len(wanted) - 1
    if first <= last <= end and tokenized.tokens[first : last + 1] == wanted:
      return first, last
  return start, end


def columns(
  features: Sequence[Feature], max_seq_length: int, is_training: bool = False
) -> dict[str, npt.NDArray[Any]]:
  """Features as arrays, padded: [N, S] each, labels and `unique_ids` [N, 1]."""
  shape = (len(features), max_seq_length)
  arrays: dict[str, npt.NDArray[Any]] = {
    name: np.zeros(shape, np.int32) for name in MODEL_INPUTS
  }
  for row, feature in enumerate(features):
    size = len(feature.ids)
    arrays["input_ids"][row, :size] = feature.ids
    arrays["input_mask"][row, :size] = 1
    arrays["segment_ids"][row, :size] = feature.segment_ids
  arrays["unique_ids"] = _column(f.unique_id for f in features)
  if is_training:
    arrays["start_positions"] = _column(f.start_position for f in features)
    arrays["end_positions"] = _column(f.end_position for f in features)
    arrays["is_impossible"] = _column(int(f.is_impossible) for f in features)
  return arrays


def _column(values: Iterable[int]) -> npt.NDArray[np.int64]:
  return np.fromiter(values, np.int64)[:, None]  # [N, 1]


def write_records(
  path: str,
  features: Iterable[Feature],
  max_seq_length: int,
  is_training: bool,
) -> int:
  """Writes a record file, whole or not at all; returns its record count."""
  batch: list[Feature] = []
  with record_writer.RecordWriter(path) as writer:

    def flush() -> None:
      arrays = columns(batch, max_seq_length, is_training)
      writer.write_many(*example_lib.encode_examples(arrays))
      batch.clear()

    for count, feature in enumerate(features):
      if count < _EXAMPLES_LOGGED:
        _log(feature)
      batch.append(feature)
      if len(batch) == _RECORDS_A_BATCH:
        flush()
    if batch:
      flush()
    return writer.record_count


def lengths(max_seq_length: int) -> Mapping[str, int]:
  """Values of each feature of a training record."""
  return dict.fromkeys(MODEL_INPUTS, max_seq_length) | dict.fromkeys(LABELS, 1)


def _log(feature: Feature) -> None:
  logging.info("*** Example ***\ntokens: %s", " ".join(feature.tokens))
  logging.info(
    "unique_id: %d, example_index: %d, doc_span_index: %d, answer: %s",
    feature.unique_id,
    feature.example_index,
    feature.window_index,
    " ".join(feature.tokens[feature.start_position : feature.end_position + 1]),
  )
