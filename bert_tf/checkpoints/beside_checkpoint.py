"""The configuration and the vocabulary that lie beside a checkpoint.

Of a run's checkpoint, in `best` or `trial_N`, they lie in the run's folder.
"""

import os

from bert_tf.checkpoints import (
  keras_nlp_tokenizer,
  portable_model,
  run_metadata,
)
from bert_tf.system import files

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
  return _of_run(portable_model.VOCABULARY, folder)


def config(checkpoint: str) -> str | None:
  """The configuration beside a checkpoint; None if there is none.

  Args:
    checkpoint: As of `vocabulary`.

  Raises:
    ValueError: Hugging Face's config.json is damaged.
  """
  folder = run_metadata.folder_of(checkpoint)
  found = _of_run(portable_model.CONFIG, folder)
  theirs = os.path.join(folder, _HUGGINGFACE)
  if found is None and files.exists(theirs):
    found = theirs if _TYPE in files.read_json(theirs) else None
  return found


def _of_run(name: str, folder: str) -> str | None:
  """A file of a folder, or of the run that the folder is a part of."""
  found = run_metadata.folder_with(name, os.path.join(folder, ""))
  return None if found is None else os.path.join(found, name)
