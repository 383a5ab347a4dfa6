"""Pairs of texts to features and records: two sequences each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.records import array_records
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

  def batches() -> Iterator[Arrays]:
    for start in range(0, len(file.pairs), _CHUNK):
      chunk = reader.PairFile(file.path, file.pairs[start : start + _CHUNK])
      found = encode(chunk.texts, tokenizer, max_seq_length)
      made = {
        name: value.reshape(len(chunk.pairs), 2, -1)
        for name, value in found.items()
      }
      scores = [[pair.score or 0.0] for pair in chunk.pairs]
      yield made | {SCORES: np.array(scores, np.float32)}

  count = array_records.write(path, batches())
  logging.info("%d pairs written to %s", count, path)


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
