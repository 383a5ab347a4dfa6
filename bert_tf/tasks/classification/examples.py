"""Examples to features and records. Source: run_classifier.py."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.records import example_encoder, record_writer
from bert_tf.tasks.classification import reader, task_definition

LABELS = "label_ids"
IS_REAL = "is_real_example"
_CHUNK = 4096  # examples encoded at once
# What a batch needs while it is written stays in the processor's cache.
_RECORDS_A_BATCH = 256
_LOGGED = 1

Arrays = dict[str, npt.NDArray[Any]]


def make(
  task: task_definition.TaskDefinition,
  examples: Sequence[reader.Example],
  tokenizer: Any,
  max_seq_length: int,
) -> Arrays:
  """The features of examples.

  Returns:
    `input_ids`, `input_mask`, `segment_ids` int32 [N, S]; `is_real_example`
    int32 [N, 1]; `label_ids`: int32 [N, 1], for several labels [N, C], for
    regression float32 [N, 1]. Without labels they are 0.
  """
  texts = [(example.text, example.pair) for example in examples]
  labels = {example.label for example in examples}
  target = {
    label: task.no_target() if label is None else task.target(label)
    for label in labels
  }
  targets = [target[example.label] for example in examples]
  dtype = np.float32 if task.kind == task_definition.REGRESSION else np.int32
  return {
    **encoded_texts.encode(texts, tokenizer, max_seq_length),
    LABELS: np.array(targets, dtype),
    IS_REAL: np.ones([len(examples), 1], np.int32),
  }


def write(
  path: str,
  task: task_definition.TaskDefinition,
  examples: Sequence[reader.Example],
  tokenizer: Any,
  max_seq_length: int,
  keep: bool = False,
) -> Arrays:
  """Writes the records of examples.

  Args:
    path: The record file; it appears whole or not at all.
    task: Their task.
    examples: The examples.
    tokenizer: A `FullTokenizer`.
    max_seq_length: S.
    keep: Whether the features are wanted.

  Returns:
    The features as of `make`, with `keep`; else nothing.
  """
  kept: list[Arrays] = []
  real = 0
  with record_writer.RecordWriter(path) as writer:
    for start in range(0, len(examples), _CHUNK):
      chunk = examples[start : start + _CHUNK]
      made = make(task, chunk, tokenizer, max_seq_length)
      real += int(made["input_mask"].sum())
      if not start:
        _log(made, chunk, tokenizer)
      for at in range(0, len(chunk), _RECORDS_A_BATCH):
        rows = slice(at, at + _RECORDS_A_BATCH)
        batch = {name: values[rows] for name, values in made.items()}
        writer.write_many(*example_encoder.encode_examples(batch))
      if keep:
        kept.append(made)
  logging.info(
    "%d examples written to %s; %d of %d tokens are real, others padding",
    len(examples),
    path,
    real,
    len(examples) * max_seq_length,
  )
  names = kept[0] if kept else {}
  return {name: np.concatenate([part[name] for part in kept]) for name in names}


def _log(
  made: Arrays, examples: Sequence[reader.Example], tokenizer: Any
) -> None:
  """Logs the first examples for inspection."""
  for index, example in enumerate(examples[:_LOGGED]):
    length = int(made["input_mask"][index].sum())
    ids = made["input_ids"][index, :length].tolist()
    logging.info(
      "line %d: tokens: %s; label: %s",
      example.line,
      " ".join(tokenizer.convert_ids_to_tokens(ids)),
      example.label,
    )


def schema(
  task: task_definition.TaskDefinition, max_seq_length: int
) -> dict[str, Any]:
  """The schema of the records, for `tf.io.parse_example`."""
  label_type = (
    tf.float32 if task.kind == task_definition.REGRESSION else tf.int64
  )
  labels = [task.outputs] if task.kind == task_definition.MULTI_LABEL else [1]
  return {
    name: tf.io.FixedLenFeature([max_seq_length], tf.int64)
    for name in model_inputs.NAMES
  } | {
    LABELS: tf.io.FixedLenFeature(labels, label_type),
    IS_REAL: tf.io.FixedLenFeature([1], tf.int64),
  }


def limits(
  task: task_definition.TaskDefinition, config: Any
) -> Mapping[str, int]:
  """By feature: ids from this number up are an error."""
  sizes = {
    "input_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
  }
  if task.kind == task_definition.SINGLE_LABEL:
    sizes[LABELS] = task.outputs
  return sizes
