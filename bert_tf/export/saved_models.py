"""Finding, checking and loading SavedModels, and what an export says."""

import os
from typing import Any

import tensorflow as tf
import tensorflow_text  # noqa: F401  brings the ops of tokenization

from bert_tf.checkpoints import (
  checkpoint_prefix,
  export_checksums,
  exported_format,
  object_graph,
  portable_model,
)
from bert_tf.system import error_text, files
from bert_tf.text import full_tokenizer, tokenizer_rules, vocabulary_file


def find(path: str) -> str:
  """The SavedModel that `path` stands for.

  Args:
    path: A SavedModel, or an export folder, of which the last version counts.

  Raises:
    FileNotFoundError: There is none.
  """
  found = object_graph.find_saved_model(path)
  if found is None:
    raise FileNotFoundError(
      f"{path}: expected a SavedModel ({object_graph.SAVED_MODEL}), or a "
      "folder with versions of one (1, 2, ...), found neither"
    )
  return found


def load(folder: str) -> Any:
  """Loads a SavedModel.

  Raises:
    ValueError: It is damaged, has ops that this process does not know, or as of
      `checkpoint_prefix.check_path`.
  """
  checkpoint_prefix.check_path(folder)
  export_checksums.check(folder)
  try:
    return tf.saved_model.load(folder)
  except Exception as error:  # of many kinds, by where the damage is
    raise ValueError(
      f"{folder}: cannot load the SavedModel, it is damaged or of a program "
      f"that this TensorFlow does not know: {error_text.plain(error)}"
    ) from error


def is_export(folder: str) -> bool:
  """Whether a SavedModel is one of export_saved_model."""
  return exported_format.FORMAT.mismatch(folder) is None


def settings(folder: str) -> dict[str, Any]:
  """What an export says of itself: the fields of `ExportSettings`."""
  return files.read_json(_asset(folder, exported_format.SETTINGS))


def config(folder: str) -> dict[str, Any]:
  """The configuration of the model of an export."""
  return files.read_json(_asset(folder, portable_model.CONFIG))


def tokenizer(folder: str) -> full_tokenizer.FullTokenizer | None:
  """The tokenizer of an export; None if it has no vocabulary.

  Raises:
    ValueError: The vocabulary does not fit.
  """
  vocabulary = _asset(folder, portable_model.VOCABULARY)
  if not files.exists(vocabulary):
    return None
  found = full_tokenizer.FullTokenizer(
    vocabulary,
    rules=portable_model.rules(
      tokenizer_rules.stated(
        settings(folder), _asset(folder, exported_format.SETTINGS)
      ),
      portable_model.read_vocabulary(os.path.join(folder, "assets")),
    ),
  )
  vocabulary_file.require_tokens(found.vocab, ["[UNK]"], vocabulary)
  return found


def _asset(folder: str, name: str) -> str:
  return os.path.join(folder, "assets", name)
