"""bert_tf: Google's original BERT on current TensorFlow.

Public names are loaded when first used, so that commands which need no
TensorFlow (reading a configuration, tokenizing) start without it.
"""

import importlib
import os
from typing import Any

from bert_tf.models import loadable_model

__version__ = "0.1.0"

# Must be set before TensorFlow's Keras is touched, see bert_tf/keras.py.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

_PUBLIC = {
  "Answerer": "bert_tf.runtimes.answerer",
  "BestCheckpoint": "bert_tf.training.keras_callbacks",
  "BertClassifier": "bert_tf.models.classifier",
  "BertConfig": "bert_tf.bert_config",
  "BertMultipleChoice": "bert_tf.models.multiple_choice",
  "BertModel": "bert_tf.models.bert_model",
  "BertPretrainer": "bert_tf.models.pretrainer",
  "BertSentenceEncoder": "bert_tf.models.sentence_encoder",
  "BertSpanLabeler": "bert_tf.models.span_labeler",
  "BertTokenClassifier": "bert_tf.models.token_classifier",
  "as_keras3_layer": "bert_tf.models.keras3_layer",
  "create_optimizer": "bert_tf.training.keras_optimizer",
  "export_saved_model": "bert_tf.export.model_export",
  "custom_objects": "bert_tf.training.custom_objects",
  "ChoiceSelector": "bert_tf.tasks.multiple_choice.predictor",
  "FeatureExtractor": "bert_tf.tasks.vectors.predictor",
  "FullTokenizer": "bert_tf.text.full_tokenizer",
  "InGraphTokenizer": "bert_tf.text.in_graph_tokenizer",
  "TokenizerRules": "bert_tf.text.tokenizer_rules",
  "MaskFiller": "bert_tf.tasks.masked_lm.predictor",
  "QuestionAnswerer": "bert_tf.tasks.squad.predictor",
  "TextClassifier": "bert_tf.tasks.classification.predictor",
  "WordTagger": "bert_tf.tasks.tagging.predictor",
  "download_model": "bert_tf.model_files.model_names",
  "read_vectors": "bert_tf.tasks.vectors.npz_vectors",
}

__all__ = [
  "Answerer",
  "BertClassifier",
  "BertConfig",
  "BertModel",
  "BertMultipleChoice",
  "BertPretrainer",
  "BertSentenceEncoder",
  "BertSpanLabeler",
  "BertTokenClassifier",
  "BestCheckpoint",
  "ChoiceSelector",
  "FeatureExtractor",
  "FullTokenizer",
  "InGraphTokenizer",
  "MaskFiller",
  "QuestionAnswerer",
  "TextClassifier",
  "TokenizerRules",
  "WordTagger",
  "as_keras3_layer",
  "create_optimizer",
  "custom_objects",
  "download_model",
  "export_saved_model",
  "read_vectors",
]


def __getattr__(name: str) -> Any:
  """Loads a public name from its module."""
  if name not in _PUBLIC:
    raise AttributeError(f"module 'bert_tf' has no attribute '{name}'")
  return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
  return sorted(__all__)


def _load_model(*args: Any, **kwargs: Any) -> Any:
  """Calls the loader, which may import more than the models themselves do."""
  from bert_tf.checkpoints import loader

  return loader.load_model(*args, **kwargs)


def _save_model(*args: Any, **kwargs: Any) -> Any:
  """As `_load_model`, of the writer."""
  from bert_tf.checkpoints import model_writer

  return model_writer.save_model(*args, **kwargs)


# The models are below the checkpoints and do not import them.
loadable_model.set_loader(_load_model)
loadable_model.set_saver(_save_model)
