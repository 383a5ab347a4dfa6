"""The configuration and the vocabulary that lie beside a checkpoint."""

import os

from bert_tf import files
from bert_tf.checkpoints import (
  keras_nlp_tokenizer,
  portable_model,
  run_metadata,
)

# Where a vocabulary lies in folders of the formats.
_VOCABULARIES = (
  portable_model.VOCABULARY,
  keras_nlp_tokenizer.VOCABULARY,
  os.path.join("assets", portable_model.VOCABULARY),
)
# Hugging Face's has a model_type; a keras-nlp preset's, of that name, has not.
_HUGGINGFACE = "config.json"
_TYPE = "model_type"


def vocabulary(checkpoint: str) -> str | None:
  """The vocabulary beside a checkpoint; None if there is none.

  Args:
    checkpoint: A folder, a prefix or a file of a checkpoint.
  """
  folder = run_metadata.folder_of(checkpoint)
  for place in _VOCABULARIES:
    path = os.path.join(folder, place)
    if files.exists(path):
      return path
  return None


def config(checkpoint: str) -> str | None:
  """The configuration beside a checkpoint; None if there is none.

  Args:
    checkpoint: As of `vocabulary`.

  Raises:
    ValueError: Hugging Face's config.json is damaged.
  """
  folder = run_metadata.folder_of(checkpoint)
  path = os.path.join(folder, portable_model.CONFIG)
  if files.exists(path):
    return path
  theirs = os.path.join(folder, _HUGGINGFACE)
  if files.exists(theirs) and _TYPE in files.read_json(theirs):
    return theirs
  return None
