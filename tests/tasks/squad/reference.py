"""Questions to records in plain Python: one question after the other.

What "without caches" costs: the same work as the original's loop, said plainly,
with the plain tokenizer and TensorFlow's own records. Written apart from
`bert_tf.tasks.squad.examples`, to check it and to be timed against it.
"""

from collections.abc import Iterable, Mapping

import tensorflow as tf

from bert_tf.tasks.squad import examples, reader, settings
from tests.tasks.classification import reference as classification_reference
from tests.text import reference as text_reference


def features(
  example: reader.Example,
  vocab: Mapping[str, int],
  lower: bool,
  windowing: settings.WindowSettings,
) -> Iterable[dict[str, list[int]]]:
  """What is recorded of each window, `unique_ids` apart."""
  query = text_reference.tokenize(example.question, vocab, lower)
  query = query[: windowing.max_query_length]
  pieces, first_of_word = [], []
  for word in example.context.words:
    first_of_word.append(len(pieces))
    pieces += text_reference.tokenize(word, vocab, lower)
  first, last = -1, -1
  if example.answer is not None:
    first = first_of_word[example.answer.start]
    after = [*first_of_word, len(pieces)][example.answer.end + 1]
    last = after - 1
    wanted = " ".join(
      text_reference.tokenize(example.answer.text, vocab, lower)
    )
    first, last = narrowed(pieces, first, last, wanted)
  room = windowing.max_seq_length - len(query) - 3
  start = 0
  while start < len(pieces):
    window = pieces[start : start + room]
    tokens = ["[CLS]", *query, "[SEP]", *window, "[SEP]"]
    ids = [vocab[token] for token in tokens]
    empty = [0] * (windowing.max_seq_length - len(ids))
    segments = [0] * (len(query) + 2) + [1] * (len(window) + 1)
    inside = start <= first and last < start + len(window)
    offset = len(query) + 2 - start
    yield {
      "input_ids": ids + empty,
      "input_mask": [1] * len(ids) + empty,
      "segment_ids": segments + empty,
      "start_positions": [first + offset if inside else 0],
      "end_positions": [last + offset if inside else 0],
      "is_impossible": [int(example.answer is None)],
    }
    if start + len(window) == len(pieces):
      break
    start += min(len(window), windowing.doc_stride)


def narrowed(
  pieces: list[str], first: int, last: int, wanted: str
) -> tuple[int, int]:
  """The first range within `first` to `last` that reads as `wanted`."""
  for begin in range(first, last + 1):
    for end in range(last, begin - 1, -1):
      if " ".join(pieces[begin : end + 1]) == wanted:
        return begin, end
  return first, last


def write_records(
  path: str,
  questions: Iterable[reader.Example],
  vocab: Mapping[str, int],
  lower: bool,
  windowing: settings.WindowSettings,
) -> int:
  """Writes the records of training; returns how many."""
  unique_id = examples.FIRST_UNIQUE_ID
  with tf.io.TFRecordWriter(path) as writer:
    for example in questions:
      for columns in features(example, vocab, lower, windowing):
        columns = {"unique_ids": [unique_id], **columns}
        writer.write(classification_reference.record(columns))
        unique_id += 1
  return unique_id - examples.FIRST_UNIQUE_ID
