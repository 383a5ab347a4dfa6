"""Questions to features and records.

A choice is a sequence of text and choice. A record has those of one question,
as many as the question with most choices has: choices that are not there have
no token.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.records import array_records
from bert_tf.tasks.multiple_choice import questions

LABELS = "label_ids"
_CHUNK = 256  # questions encoded at once

Arrays = dict[str, npt.NDArray[Any]]


def encode(
  found: Sequence[tuple[str, Sequence[str]]],
  tokenizer: Any,
  max_seq_length: int,
) -> Arrays:
  """The model's inputs of all choices, one after the other.

  Args:
    found: Text and choices of each question.
    tokenizer: A `FullTokenizer`.
    max_seq_length: S.

  Returns:
    `input_ids`, `input_mask`, `segment_ids` int32 [choices of all, S].
  """
  pairs = [(text, choice) for text, choices in found for choice in choices]
  return dict(encoded_texts.encode(pairs, tokenizer, max_seq_length))


def encode_questions(
  found: Sequence[questions.Question], tokenizer: Any, max_seq_length: int
) -> Arrays:
  """As `encode`, of questions."""
  return encode(
    [(x.context, x.choices) for x in found], tokenizer, max_seq_length
  )


def make(
  found: Sequence[questions.Question],
  tokenizer: Any,
  max_seq_length: int,
  choices: int,
) -> Arrays:
  """The features of questions with labels.

  Args:
    found: The questions.
    tokenizer: A `FullTokenizer`.
    max_seq_length: S.
    choices: C, at least the most that a question has.

  Returns:
    `input_ids`, `input_mask`, `segment_ids` int32 [N, C, S], all 0 where there
    is no choice; `label_ids` int32 [N, 1].
  """
  flat = encode_questions(found, tokenizer, max_seq_length)
  counts = np.array([len(x.choices) for x in found])
  is_there = np.arange(choices) < counts[:, None]  # [N, C]
  features: Arrays = {}
  for name in model_inputs.NAMES:
    features[name] = np.zeros((*is_there.shape, max_seq_length), np.int32)
    features[name][is_there] = flat[name]
  labels = [[0 if x.label is None else x.label] for x in found]
  return features | {LABELS: np.array(labels, np.int32)}


def write(
  path: str,
  found: Sequence[questions.Question],
  tokenizer: Any,
  max_seq_length: int,
  choices: int,
) -> None:
  """Writes the records of questions; arguments as of `make`.

  The record file appears whole or not at all.
  """
  real = [0]

  def batches() -> Iterator[Arrays]:
    for start in range(0, len(found), _CHUNK):
      chunk = found[start : start + _CHUNK]
      made = make(chunk, tokenizer, max_seq_length, choices)
      real[0] += int(made["input_mask"].sum())
      if not start:
        _log(made, chunk[0], tokenizer)
      yield made

  count = array_records.write(path, batches())
  logging.info(
    "%d questions of up to %d choices written to %s; %d of %d tokens are real, "
    "others padding",
    count,
    choices,
    path,
    real[0],
    count * choices * max_seq_length,
  )


def _log(made: Arrays, question: questions.Question, tokenizer: Any) -> None:
  """Logs the first question for inspection."""
  shown = []
  for choice in range(len(question.choices)):
    length = int(made["input_mask"][0, choice].sum())
    ids = made["input_ids"][0, choice, :length].tolist()
    shown.append(" ".join(tokenizer.convert_ids_to_tokens(ids)))
  logging.info(
    "%s: choices: %s; label: %s", question.place, shown, question.label
  )


def schema(max_seq_length: int, choices: int) -> dict[str, Any]:
  """The schema of the records, for `tf.io.parse_example`."""
  sequences = tf.io.FixedLenFeature([choices, max_seq_length], tf.int64)
  return dict.fromkeys(model_inputs.NAMES, sequences) | {
    LABELS: tf.io.FixedLenFeature([1], tf.int64)
  }


def limits(config: bert_config.BertConfig, choices: int) -> Mapping[str, int]:
  """By feature: ids from this number up are an error."""
  return {
    "input_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
    LABELS: choices,
  }
