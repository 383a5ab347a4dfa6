"""The records of pre-training, as they are read."""

from typing import Any

import tensorflow as tf

from bert_tf import bert_config
from bert_tf.inputs import input_pipeline, record_files
from bert_tf.tasks.pretraining import (
  dynamic_masking,
  instance_generator,
  masking_rules,
  settings,
)
from bert_tf.text import vocabulary_file
from bert_tf.training import batch_iterator


def find(
  config: bert_config.BertConfig, options: settings.PretrainingSettings
) -> record_files.RecordFiles:
  """Finds the record files, and checks that they are as the settings say.

  Raises:
    FileNotFoundError: There is none.
    ValueError: One has other lengths, or is damaged; the message names it.
  """
  found = record_files.find(options.input_file)
  record_files.check_lengths(found, options.lengths())
  with record_files.reading(found):
    input_pipeline.check_first_records(
      found, schema(options.lengths()), limits(config, options)
    )
  return found


def schema(lengths: dict[str, int]) -> dict[str, Any]:
  """The schema of the records. Source: run_pretraining.py."""
  return {
    name: tf.io.FixedLenFeature(
      [length], tf.float32 if name == "masked_lm_weights" else tf.int64
    )
    for name, length in lengths.items()
  }


def dataset_fn(
  files: record_files.RecordFiles,
  config: bert_config.BertConfig,
  options: settings.PretrainingSettings,
  batches: input_pipeline.BatchSettings,
) -> batch_iterator.DatasetFn:
  """The loop's source of batches."""
  return input_pipeline.dataset_fn(
    files, schema(options.lengths()), limits(config, options), batches
  )


def padding_share(
  files: record_files.RecordFiles, options: settings.PretrainingSettings
) -> float:
  """As of `input_pipeline.padding_share`."""
  return input_pipeline.padding_share(files, schema(options.lengths()))


def masking(
  config: bert_config.BertConfig,
  options: settings.PretrainingSettings,
  seed: int,
) -> dynamic_masking.Masking | None:
  """What masks batches anew; None unless it is asked for.

  Raises:
    OSError: There is no such vocabulary.
    ValueError: It lacks a special token, or has more pieces than the model has
      rows.
  """
  if not options.dynamic_masking or not options.vocab_file:
    return None
  path = options.vocab_file
  vocab = vocabulary_file.load_vocab(path)
  instance_generator.check_vocabulary(vocab, path)
  if max(vocab.values()) + 1 != config.vocab_size:
    raise ValueError(
      f"{path}: found {max(vocab.values()) + 1} pieces, and the model has "
      f"vocab_size={config.vocab_size}: random words are drawn from the "
      "vocabulary that the records were made with"
    )
  rules = masking_rules.make(
    vocab,
    options.do_whole_word_mask,
    options.masked_lm_prob,
    options.max_predictions_per_seq,
    options.max_seq_length,
  )
  return dynamic_masking.Masking(rules, seed)


def limits(
  config: bert_config.BertConfig, options: settings.PretrainingSettings
) -> dict[str, int]:
  """By feature: numbers from this one up are an error."""
  return {
    "input_ids": config.vocab_size,
    "masked_lm_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
    "masked_lm_positions": options.max_seq_length,
    "next_sentence_labels": 2,
  }
