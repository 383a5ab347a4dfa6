"""The kinds of models that can be exported, and how each is made."""

import dataclasses
from collections.abc import Callable
from typing import Any

import tf_keras

from bert_tf import config as config_lib
from bert_tf.checkpoints import formats, google, names
from bert_tf.export import answers, masked, served, tags
from bert_tf.export import settings as settings_lib
from bert_tf.models import (
  classifier,
  encoder,
  pretrainer,
  span_labeler,
  token_classifier,
)


@dataclasses.dataclass(frozen=True)
class Kind:
  """A kind of model.

  Attributes:
    served: What it computes.
    make: Makes the model, of a configuration, a number of outputs and a dtype.
    needs_pooler: Whether the checkpoint must have one.
  """

  served: type[served.Served]
  make: Callable[[config_lib.BertConfig, int, Any], Any]
  needs_pooler: bool


def _encoder(config: config_lib.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return encoder.BertModel(config, dtype=dtype)


def _classifier(config: config_lib.BertConfig, outputs: int, dtype: Any) -> Any:
  return classifier.BertClassifier(config, outputs, dtype=dtype)


def _span(config: config_lib.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return span_labeler.BertSpanLabeler(config, dtype=dtype)


def _tagger(config: config_lib.BertConfig, outputs: int, dtype: Any) -> Any:
  return token_classifier.BertTokenClassifier(config, outputs, dtype=dtype)


def _masked_lm(config: config_lib.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return pretrainer.BertPretrainer(config, dtype=dtype, has_next_sentence=False)


def _pretrainer(config: config_lib.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return pretrainer.BertPretrainer(config, dtype=dtype)


KINDS = {
  "encoder": Kind(served.Encoder, _encoder, True),
  "sentence": Kind(served.Sentence, _encoder, False),
  "classifier": Kind(served.Classifier, _classifier, True),
  "multilabel": Kind(served.MultilabelClassifier, _classifier, True),
  "regressor": Kind(served.Regressor, _classifier, True),
  "span": Kind(answers.SpanAnswerer, _span, False),
  "tagger": Kind(tags.Tagger, _tagger, False),
  "masked_lm": Kind(masked.MaskedLm, _masked_lm, False),
  "pretrainer": Kind(masked.Pretrainer, _pretrainer, True),
}


def load(
  config: config_lib.BertConfig,
  checkpoint: str,
  settings: settings_lib.ExportSettings,
) -> Any:
  """The model of an export, with its weights.

  Raises:
    OSError: There is no such checkpoint.
    ValueError: The checkpoint lacks a variable of the model, a head perhaps,
      or has it in another shape; the message names it.
  """
  kind = KINDS[settings.model_type]
  outputs = len(settings.labels) or 1
  policy = tf_keras.mixed_precision.Policy(settings.precision)
  model = kind.make(config, outputs, policy)
  encoder_model = getattr(model, "bert", model)
  pooler = set(names.by_name(encoder_model.pooler.variables))
  google.load(
    model.variables,
    formats.reader(checkpoint, config),
    require_all=True,
    optional=set() if kind.needs_pooler else pooler,
  )
  return model
