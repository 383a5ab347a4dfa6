"""Texts to records in plain Python: one example after the other.

What "without caches" costs: the same work as the original's loop, said plainly,
with the plain tokenizer and TensorFlow's own records. Written apart from
`bert_tf.tasks.classification.examples`, to check it and to be timed against it.
"""

from collections.abc import Iterable, Mapping

import tensorflow as tf

from tests.text import reference


def features(
  text: str,
  pair: str | None,
  label: int,
  vocab: Mapping[str, int],
  lower: bool,
  max_seq_length: int,
) -> dict[str, list[int]]:
  """What is recorded of one example."""
  first = reference.tokenize(text, vocab, lower)
  second = reference.tokenize(pair, vocab, lower) if pair else []
  while len(first) + len(second) > max_seq_length - (3 if second else 2):
    (first if len(first) > len(second) else second).pop()
  tokens = ["[CLS]", *first, "[SEP]"]
  segments = [0] * len(tokens)
  if second:
    tokens += [*second, "[SEP]"]
    segments += [1] * (len(second) + 1)
  ids = [vocab[token] for token in tokens]
  empty = [0] * (max_seq_length - len(ids))
  return {
    "input_ids": ids + empty,
    "input_mask": [1] * len(ids) + empty,
    "segment_ids": segments + empty,
    "label_ids": [label],
    "is_real_example": [1],
  }


def write_records(
  path: str,
  examples: Iterable[tuple[str, str | None, int]],
  vocab: Mapping[str, int],
  lower: bool,
  max_seq_length: int,
) -> None:
  """Writes the records of examples: text, second text, label."""
  with tf.io.TFRecordWriter(path) as writer:
    for text, pair, label in examples:
      columns = features(text, pair, label, vocab, lower, max_seq_length)
      writer.write(record(columns))


def record(columns: Mapping[str, list[int] | list[float]]) -> bytes:
  """One record of TensorFlow's own making."""
  made = {}
  for name, values in columns.items():
    if isinstance(values[0], float):
      column = tf.train.Feature(float_list=tf.train.FloatList(value=values))
    else:
      column = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    made[name] = column
  example = tf.train.Example(features=tf.train.Features(feature=made))
  return example.SerializeToString(deterministic=True)
