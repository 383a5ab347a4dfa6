"""All classes that Keras finds by name in a file that it wrote."""

from typing import Any

from bert_tf import keras

# Imported so that they are registered.
from bert_tf.models import (
  bert_model,
  classifier,
  multiple_choice,
  pretrainer,
  sentence_encoder,
  span_labeler,
  token_classifier,
)
from bert_tf.training import adam_weight_decay, learning_rate_schedule

__all__ = [
  "adam_weight_decay",
  "bert_model",
  "classifier",
  "custom_objects",
  "learning_rate_schedule",
  "multiple_choice",
  "pretrainer",
  "sentence_encoder",
  "span_labeler",
  "token_classifier",
]


def custom_objects() -> dict[str, Any]:
  """The classes of this package by the names that Keras knows them by.

  `models.load_model` of Keras finds them in a `.keras` file by itself. For
  HDF5 and SavedModels the classes have to be imported before, as here.
  """
  return keras.registered_classes()
