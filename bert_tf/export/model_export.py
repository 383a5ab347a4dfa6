"""Exporting a model from memory, as `export_saved_model` does a checkpoint."""

import os
from collections.abc import Sequence
from typing import Any

from bert_tf.checkpoints import model_writer, portable_model
from bert_tf.export import export_settings, exporter
from bert_tf.models import (
  bert_model,
  classifier,
  multiple_choice,
  pretrainer,
  span_labeler,
  token_classifier,
)
from bert_tf.system import output_folders
from bert_tf.text import full_tokenizer

_OF_KINDS = dict(
  zip(
    model_writer.KINDS, ("classifier", "multilabel", "regressor"), strict=True
  )
)
# How a model is exported unless told otherwise.
_MODEL_TYPES = {
  bert_model.BertModel: "encoder",
  multiple_choice.BertMultipleChoice: "multiple_choice",
  span_labeler.BertSpanLabeler: "span",
  token_classifier.BertTokenClassifier: "tagger",
}
_LENGTHS = {"span": 384}
_LENGTH = 128


def export_saved_model(
  model: Any,
  export_dir: str | os.PathLike[str],
  tokenizer: full_tokenizer.FullTokenizer | None = None,
  labels: Sequence[str] = (),
  kind: str | None = None,
  max_seq_length: int | None = None,
  **settings: Any,
) -> str:
  """Exports a model as a SavedModel that takes text.

  It is the one that the command `export_saved_model` makes of the model's
  checkpoint, checked in the same way.

  Args:
    model: A model of `bert_tf`, trained by Keras or loaded.
    export_dir: Parent directory; each export creates a numbered version in it.
    tokenizer: As of `save_checkpoint`; needed unless `from_checkpoint` found a
      vocabulary.
    labels: As of `save_checkpoint`.
    kind: As of `save_checkpoint`.
    max_seq_length: Maximum sequence length in tokens; by default 128, for
      spans 384, or the model's maximum.
    **settings: Other fields of `ExportSettings`, such as `model_type` or
      `precision`.

  Returns:
    The folder of the version.

  Raises:
    FileNotFoundError: The tokenizer is not known.
    ValueError: An argument does not fit the model.
    RuntimeError: The export does not answer as the library does.
  """
  model_type = settings.pop("model_type", None) or _model_type(model, kind)
  longest = model.config.max_position_embeddings
  length = max_seq_length or min(_LENGTHS.get(model_type, _LENGTH), longest)
  notes = model_writer.ModelNotes(tokenizer, labels, kind, length)
  known = notes.completed_for(model)
  if known.tokenizer is None:
    raise FileNotFoundError(
      "the tokenizer is not known, found no vocabulary beside the checkpoint "
      "the model was loaded from, if it was: give tokenizer"
    )
  names = known.labels if model_type in export_settings.LABELLED else ()
  told = export_settings.ExportSettings(
    model_type, None, length, tuple(names), **settings
  )
  with output_folders.scratch() as folder:
    saved = os.path.join(folder, "model")
    prefix = model_writer.save_model(model, saved, **vars(known))
    return exporter.export(
      model.config,
      prefix,
      os.path.join(saved, portable_model.VOCABULARY),
      told,
      os.fspath(export_dir),
    )


def _model_type(model: Any, kind: str | None) -> str:
  if isinstance(model, classifier.BertClassifier):
    return _OF_KINDS.get(kind or model_writer.SINGLE_LABEL, "classifier")
  if isinstance(model, pretrainer.BertPretrainer):
    return "pretrainer" if model.next_sentence else "masked_lm"
  for model_class, model_type in _MODEL_TYPES.items():
    if isinstance(model, model_class):
      return model_type
  raise TypeError(
    f"{type(model).__name__} is not a model of bert_tf: export one of its "
    "models, or write a SavedModel by Keras's own model.save"
  )
