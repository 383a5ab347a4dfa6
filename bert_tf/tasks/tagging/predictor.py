"""Prediction of a label for each word."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.checkpoints import model_folder, portable_model
from bert_tf.models import token_classifier
from bert_tf.tasks.tagging import examples
from bert_tf.text import full_tokenizer
from bert_tf.training import batch_predictor, text_predictor

Text = str | Sequence[str]


@dataclasses.dataclass(frozen=True)
class TaggedText:
  """The prediction for one text.

  Attributes:
    words: The words of the text.
    labels: The label of each word.
  """

  words: tuple[str, ...]
  labels: tuple[str, ...]


class WordTagger(text_predictor.TextPredictor[Text, TaggedText]):
  """Labels words. A text is a list of words, or a string split at white space.

  Args:
    model: A fine-tuned `BertTokenClassifier`.
    tokenizer: The model's tokenizer.
    labels: Labels in the order of the model's outputs (labels.txt).
    max_seq_length: Maximum length of a window in tokens; longer texts are split
      into overlapping windows.
    batch_size: Number of windows computed at once.

  Raises:
    ValueError: The number of labels is not the number of outputs.
  """

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    labels: Sequence[str],
    max_seq_length: int | None = 128,
    batch_size: int = 32,
  ):
    super().__init__(model, tokenizer, max_seq_length, batch_size)
    if len(labels) != model.outputs:
      raise ValueError(
        f"found {len(labels)} labels, expected {model.outputs}, as many as the "
        "model has outputs"
      )
    self.labels = tuple(labels)

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    folder.check_labels_of(portable_model.PER_TOKEN)
    if not folder.labels and "labels" not in given:
      raise ValueError(
        f"{folder.path} does not tell the labels; pass labels, in the order of "
        "the model's outputs, as in labels.txt"
      )
    return {"labels": folder.labels}

  @classmethod
  def _make_model(
    cls, folder: model_folder.ModelFolder, **kwargs: Any
  ) -> token_classifier.BertTokenClassifier:
    outputs, *_ = folder.shape("output_weights")
    return token_classifier.BertTokenClassifier(
      folder.config, outputs, **kwargs
    )

  def _answer(self, texts: Sequence[Text]) -> list[TaggedText]:
    sentences = [
      text.split() if isinstance(text, str) else list(text) for text in texts
    ]
    found = best_labels(
      self.strategy,
      self.model,
      sentences,
      self.tokenizer,
      self.labels,
      self.max_seq_length,
      self.batch_size,
    )
    return [
      TaggedText(tuple(words), tuple(row))
      for words, row in zip(sentences, found, strict=True)
    ]


def best_labels(
  strategy: Any,
  model: Any,
  sentences: Sequence[Sequence[str]],
  tokenizer: full_tokenizer.FullTokenizer,
  labels: Sequence[str],
  max_seq_length: int,
  batch_size: int,
) -> list[list[str]]:
  """The likeliest label of each word of each sentence; see `WordTagger`."""
  windows = examples.make(sentences, tokenizer, max_seq_length)
  found = batch_predictor.predict(
    strategy,
    model,
    _best,
    examples.inputs(windows, tokenizer, max_seq_length),
    batch_size,
    ["best"],
  )
  lengths = [len(words) for words in sentences]
  # Without a single window there is no result, and no sentence with words.
  rows = examples.gather(windows, found.get("best", ()), lengths)
  return [[labels[number] for number in row] for row in rows]


def _best(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  return {"best": tf.argmax(model(batch), axis=-1, output_type=tf.int32)}
