"""Pairs of texts to features and records: two sequences each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.records import example_encoder, record_writer
from bert_tf.tasks.sentence_pairs import reader

SCORES = "scores"
_CHUNK = 1024

Arrays = dict[str, npt.NDArray[Any]]


def encode(texts: Sequence[str], tokenizer: Any, max_seq_length: int) -> Arrays:
  """The model's inputs of texts, int32 [N, S] by name."""
  pairs = [(text, None) for text in texts]
  return dict(encoded_texts.encode(pairs, tokenizer, max_seq_length))


def write(
  path: str, file: reader.PairFile, tokenizer: Any, max_seq_length: int
) -> None:
  """Writes the records of pairs; the file appears whole or not at all."""
  with record_writer.RecordWriter(path) as writer:
    for start in range(0, len(file.pairs), _CHUNK):
      chunk = reader.PairFile(file.path, file.pairs[start : start + _CHUNK])
      found = encode(chunk.texts, tokenizer, max_seq_length)
      scores = [[pair.score or 0.0] for pair in chunk.pairs]
      features = {
        name: value.reshape(len(scores), -1) for name, value in found.items()
      }
      features[SCORES] = np.array(scores, np.float32)
      writer.write_many(*example_encoder.encode_examples(features))
  logging.info("%d pairs written to %s", len(file.pairs), path)


def schema(max_seq_length: int) -> dict[str, Any]:
  """The schema of the records, for `tf.io.parse_example`."""
  sequences = tf.io.FixedLenFeature([2, max_seq_length], tf.int64)
  return dict.fromkeys(model_inputs.NAMES, sequences) | {
    SCORES: tf.io.FixedLenFeature([1], tf.float32)
  }


def limits(config: bert_config.BertConfig) -> Mapping[str, int]:
  """By feature: ids from this number up are an error."""
  return {
    "input_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
  }
