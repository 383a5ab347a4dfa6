"""The kinds of models that can be exported, and how each is made."""

import dataclasses
from collections.abc import Callable
from typing import Any

from bert_tf import bert_config, keras
from bert_tf.checkpoints import formats, loader, variable_names
from bert_tf.export import (
  choice_module,
  export_settings,
  masked_lm_module,
  span_module,
  tagger_module,
  text_modules,
)
from bert_tf.models import (
  bert_model,
  classifier,
  multiple_choice,
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

  served: type[text_modules.Served]
  make: Callable[[bert_config.BertConfig, int, Any], Any]
  needs_pooler: bool


def _encoder(config: bert_config.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return bert_model.BertModel(config, dtype=dtype)


def _classifier(
  config: bert_config.BertConfig, outputs: int, dtype: Any
) -> Any:
  return classifier.BertClassifier(config, outputs, dtype=dtype)


def _span(config: bert_config.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return span_labeler.BertSpanLabeler(config, dtype=dtype)


def _tagger(config: bert_config.BertConfig, outputs: int, dtype: Any) -> Any:
  return token_classifier.BertTokenClassifier(config, outputs, dtype=dtype)


def _choice(config: bert_config.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return multiple_choice.BertMultipleChoice(config, dtype=dtype)


def _masked_lm(config: bert_config.BertConfig, outputs: int, dtype: Any) -> Any:
  del outputs
  return pretrainer.BertPretrainer(config, dtype=dtype, has_next_sentence=False)


def _pretrainer(
  config: bert_config.BertConfig, outputs: int, dtype: Any
) -> Any:
  del outputs
  return pretrainer.BertPretrainer(config, dtype=dtype)


KINDS = {
  "encoder": Kind(text_modules.Encoder, _encoder, True),
  "sentence": Kind(text_modules.Sentence, _encoder, False),
  "classifier": Kind(text_modules.Classifier, _classifier, True),
  "multilabel": Kind(text_modules.MultilabelClassifier, _classifier, True),
  "regressor": Kind(text_modules.Regressor, _classifier, True),
  "span": Kind(span_module.SpanAnswerer, _span, False),
  "multiple_choice": Kind(choice_module.MultipleChoice, _choice, True),
  "tagger": Kind(tagger_module.Tagger, _tagger, False),
  "masked_lm": Kind(masked_lm_module.MaskedLm, _masked_lm, False),
  "pretrainer": Kind(masked_lm_module.Pretrainer, _pretrainer, True),
}


def load(
  config: bert_config.BertConfig,
  checkpoint: str,
  settings: export_settings.ExportSettings,
) -> Any:
  """The model of an export, with its weights.

  Raises:
    OSError: There is no such checkpoint.
    ValueError: The checkpoint lacks a variable of the model, a head perhaps,
      or has it in another shape; the message names it.
  """
  kind = KINDS[settings.model_type]
  outputs = len(settings.labels) or 1
  policy = keras.mixed_precision.Policy(settings.precision)
  model = kind.make(config, outputs, policy)
  encoder_model = getattr(model, "bert", model)
  pooler = set(variable_names.by_name(encoder_model.pooler.variables))
  loader.load(
    model.variables,
    formats.reader(checkpoint, config),
    require_all=True,
    optional=set() if kind.needs_pooler else pooler,
  )
  return model
