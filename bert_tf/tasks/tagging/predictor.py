"""Applying a tagger to sentences of words."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.tasks.tagging import examples
from bert_tf.text import full_tokenizer
from bert_tf.training import batch_predictor


def tag(
  model: Any,
  texts: Sequence[str | Sequence[str]],
  tokenizer: full_tokenizer.FullTokenizer,
  labels: Sequence[str],
  max_seq_length: int = 128,
  batch_size: int = 32,
) -> list[list[tuple[str, str]]]:
  """Labels the words of texts.

  Args:
    model: A `BertTokenClassifier`.
    texts: Sentences: words, or a string of words with white space between.
    tokenizer: The model's.
    labels: The label of each of the model's outputs (labels.txt).
    max_seq_length: As of `examples.make`.
    batch_size: Windows of a batch.

  Returns:
    Word and label, for each word of each sentence.

  Raises:
    TypeError: `texts` is one string.
    ValueError: There are more or fewer labels than outputs.
  """
  if isinstance(texts, str):
    raise TypeError("texts is one string; give a list of them")
  if len(labels) != model.outputs:
    raise ValueError(
      f"found {len(labels)} labels, expected {model.outputs}, as many as the "
      "model has outputs"
    )
  sentences = [
    text.split() if isinstance(text, str) else list(text) for text in texts
  ]
  length = min(max_seq_length, model.config.max_position_embeddings)
  strategy = tf.distribute.get_strategy()
  found = predict(
    strategy, model, sentences, tokenizer, labels, length, batch_size
  )
  return [
    list(zip(words, row, strict=True))
    for words, row in zip(sentences, found, strict=True)
  ]


def predict(
  strategy: Any,
  model: Any,
  sentences: Sequence[Sequence[str]],
  tokenizer: full_tokenizer.FullTokenizer,
  labels: Sequence[str],
  max_seq_length: int,
  batch_size: int,
) -> list[list[str]]:
  """The likeliest label of each word of each sentence; see `tag`."""
  made = examples.make(sentences, tokenizer, max_seq_length)
  found = batch_predictor.predict(
    strategy,
    model,
    _best,
    examples.inputs(made, tokenizer, max_seq_length),
    batch_size,
    ["best"],
  )
  lengths = [len(words) for words in sentences]
  # Without a single window there is no result, and no sentence with words.
  rows = examples.gather(made, found.get("best", ()), lengths)
  return [[labels[number] for number in row] for row in rows]


def _best(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  return {"best": tf.argmax(model(batch), axis=-1, output_type=tf.int32)}
