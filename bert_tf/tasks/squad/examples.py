"""Questions to windows over their contexts, arrays and records.

Source: run_squad.py, `convert_examples_to_features` and `FeatureWriter`.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf import bert_config
from bert_tf.tasks.squad import paragraphs, reader, settings
from bert_tf.text import full_tokenizer, piece_spans

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

FIRST_UNIQUE_ID = 1_000_000_000
MODEL_INPUTS = ("input_ids", "input_mask", "segment_ids")
LABELS = ("start_positions", "end_positions", "is_impossible")
_RECORDS_A_BATCH = 256
_WINDOWS_LOGGED = 2


@dataclasses.dataclass(frozen=True, eq=False)
class _Cut:
  """A context cut into windows.

  Attributes:
    paragraph: The context.
    spans: Start and length of each window.
  """

  paragraph: paragraphs.Paragraph
  spans: list[tuple[int, int]]

  @functools.cached_property
  def best(self) -> list[int]:
    """For each token the window that shows it amid the most context."""
    return best_windows(len(self.paragraph.ids), self.spans)


@dataclasses.dataclass(frozen=True, eq=False)
class Window:
  """One window over one question's context.

  What only decoding needs is worked out when it is asked for.

  Attributes:
    unique_id: Its name in the records.
    example_index: Whose it is.
    window_index: Which one of the question's windows, from 0.
    ids: Of its tokens, without padding. int32
    second: Where the window starts in them.
    cut: The context and its windows.
    pieces: The piece of each id.
    start_position: First token of the answer; 0 if it is not in the window.
    end_position: Its last token.
    is_impossible: Whether the question has no answer.
  """

  unique_id: int
  example_index: int
  window_index: int
  ids: Int32s
  second: int
  cut: _Cut
  pieces: Mapping[int, str]
  start_position: int = 0
  end_position: int = 0
  is_impossible: bool = False

  @functools.cached_property
  def tokens(self) -> list[str]:
    """Without padding."""
    return [self.pieces[index] for index in self.ids.tolist()]

  @property
  def segment_ids(self) -> list[int]:
    """Of `tokens`."""
    return [0] * self.second + [1] * (len(self.ids) - self.second)

  @functools.cached_property
  def word_of_token(self) -> dict[int, int]:
    """For the window's tokens: their word in the context."""
    start, length = self.cut.spans[self.window_index]
    words = self.cut.paragraph.word_of_token[start : start + length]
    return dict(enumerate(words.tolist(), self.second))

  def characters(self, first: int, last: int) -> tuple[int, int]:
    """The part of the context that some of the window's tokens came from.

    Args:
      first: The first of them.
      last: The last.

    Returns:
      Its first character and one past its last, marks of accents included.
    """
    start, _ = self.cut.spans[self.window_index]
    paragraph = self.cut.paragraph
    starts, ends = paragraph.places
    shift = start - self.second
    return int(starts[first + shift]), piece_spans.past_marks(
      paragraph.context.text, int(ends[last + shift]), paragraph.finder.rules
    )

  @functools.cached_property
  def is_max_context(self) -> dict[int, bool]:
    """For the window's tokens: whether no other shows them in more context."""
    start, length = self.cut.spans[self.window_index]
    best = self.cut.best[start : start + length]
    return {
      token: window == self.window_index
      for token, window in enumerate(best, self.second)
    }


def make(
  questions: Iterable[reader.Example],
  tokenizer: full_tokenizer.FullTokenizer,
  windowing: settings.WindowSettings,
  is_training: bool = False,
  at_once: int = 1024,
  alignment: str | None = None,
) -> Iterator[Window]:
  """The windows of each question in turn.

  A context without tokens has no window.

  Args:
    questions: Questions with their contexts.
    tokenizer: Text to pieces.
    windowing: How contexts are cut.
    is_training: Whether questions have answers, or else are impossible.
    at_once: Questions tokenized together.
    alignment: Of answers with tokens, one of `settings.ALIGNMENTS`; the
      original's if None.
  """
  align = paragraphs.ALIGNED[alignment or settings.ORIGINAL]
  marks = tokenizer.convert_tokens_to_ids(["[CLS]", "[SEP]"])
  cls, sep = np.array(marks, np.int32)[:, None]  # [1] each
  unique_id, index = FIRST_UNIQUE_ID, 0
  questions = iter(questions)
  finder = piece_spans.PlaceFinder(tokenizer)
  while chunk := list(itertools.islice(questions, at_once)):
    contexts = paragraphs.make(chunk, tokenizer, finder)
    queries = paragraphs.encode(
      [example.question for example in chunk], tokenizer
    )
    answers = paragraphs.encode(
      [example.answer.text if example.answer else "" for example in chunk],
      tokenizer,
    )
    for example, query, wanted in zip(chunk, queries, answers, strict=True):
      paragraph = contexts[example.context]
      answer = None
      if example.answer:
        answer = align(example.answer, paragraph, wanted)
      query = query[: windowing.max_query_length]
      room = windowing.max_seq_length - len(query) - settings.SPECIAL_TOKENS
      cut = _Cut(
        paragraph, spans(len(paragraph.ids), room, windowing.doc_stride)
      )
      second = len(query) + 2
      for number, (start, length) in enumerate(cut.spans):
        tokens = paragraph.ids[start : start + length]
        first, last = 0, 0
        if answer and answer[0] >= start and answer[1] < start + length:
          first, last = (token - start + second for token in answer)
        yield Window(
          unique_id=unique_id,
          example_index=index,
          window_index=number,
          ids=np.concatenate([cls, query, sep, tokens, sep]),
          second=second,
          cut=cut,
          pieces=tokenizer.inv_vocab,
          start_position=first,
          end_position=last,
          is_impossible=is_training and example.answer is None,
        )
        unique_id += 1
      index += 1


def spans(tokens: int, room: int, stride: int) -> list[tuple[int, int]]:
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


def best_windows(tokens: int, cut: Sequence[tuple[int, int]]) -> list[int]:
  """For each token the window that shows it amid the most context.

  A window's score is the lesser of the tokens at its left and right, and a
  little for a longer window; the first of equals wins.
  """
  best = [-1] * tokens
  scores = [-1.0] * tokens
  for number, (start, length) in enumerate(cut):
    for i in range(length):
      score = min(i, length - 1 - i) + 0.01 * length
      if score > scores[start + i]:
        best[start + i], scores[start + i] = number, score
  return best


def columns(
  windows: Sequence[Window], max_seq_length: int, is_training: bool = False
) -> dict[str, npt.NDArray[Any]]:
  """Windows as arrays, padded: [N, S] each, labels and `unique_ids` [N, 1]."""
  shape = (len(windows), max_seq_length)
  arrays: dict[str, npt.NDArray[Any]] = {
    name: np.zeros(shape, np.int32) for name in MODEL_INPUTS
  }
  for row, window in enumerate(windows):
    size = len(window.ids)
    arrays["input_ids"][row, :size] = window.ids
    arrays["input_mask"][row, :size] = 1
    arrays["segment_ids"][row, window.second : size] = 1
  arrays["unique_ids"] = _column(w.unique_id for w in windows)
  if is_training:
    arrays["start_positions"] = _column(w.start_position for w in windows)
    arrays["end_positions"] = _column(w.end_position for w in windows)
    arrays["is_impossible"] = _column(int(w.is_impossible) for w in windows)
  return arrays


def _column(values: Iterable[int]) -> npt.NDArray[np.int64]:
  return np.fromiter(values, np.int64)[:, None]  # [N, 1]


def write_records(
  path: str,
  windows: Iterable[Window],
  max_seq_length: int,
  is_training: bool,
) -> int:
  """Writes a record file, whole or not at all; returns its record count."""
  # Imported when it is wanted: it loads a compiler.
  from bert_tf.records import example_encoder, record_writer

  batch: list[Window] = []
  with record_writer.RecordWriter(path) as writer:

    def flush() -> None:
      arrays = columns(batch, max_seq_length, is_training)
      writer.write_many(*example_encoder.encode_examples(arrays))
      batch.clear()

    for count, window in enumerate(windows):
      if count < _WINDOWS_LOGGED:
        _log(window)
      batch.append(window)
      if len(batch) == _RECORDS_A_BATCH:
        flush()
    if batch:
      flush()
    return writer.record_count


def schema(max_seq_length: int) -> dict[str, Any]:
  """The schema of training records. Source: run_squad.py."""
  import tensorflow as tf  # Only here: making windows needs none.

  sequence = tf.io.FixedLenFeature([max_seq_length], tf.int64)
  label = tf.io.FixedLenFeature([1], tf.int64)
  return dict.fromkeys(MODEL_INPUTS, sequence) | dict.fromkeys(LABELS, label)


def limits(config: bert_config.BertConfig, length: int) -> Mapping[str, int]:
  """By feature: numbers from this one up are an error; `length` is S."""
  return {
    "input_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
    "start_positions": length,
    "end_positions": length,
  }


def _log(window: Window) -> None:
  logging.info(
    "*** Example *** unique_id: %d, example_index: %d, doc_span_index: %d, "
    "answer: %s, tokens: %s",
    window.unique_id,
    window.example_index,
    window.window_index,
    " ".join(window.tokens[window.start_position : window.end_position + 1]),
    " ".join(window.tokens),
  )
