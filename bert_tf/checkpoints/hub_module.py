"""What run_classifier_with_tfhub takes from a module: weights, words, case."""

import os
from typing import NamedTuple

from bert_tf import bert_config
from bert_tf.checkpoints import (
  exported_format,
  formats,
  hub_module_format,
  model_garden_format,
  object_graph,
  portable_model,
)
from bert_tf.system import files

# The forms of modules: ours, TensorFlow 1's and TensorFlow 2's.
_FORMATS = (
  exported_format.FORMAT,
  hub_module_format.FORMAT,
  model_garden_format.FORMAT,
)
_VOCABULARY_ENDING = ".txt"
_POOLER = "bert/pooler/dense/kernel"
_KNOWN = (
  "an encoder of export_saved_model; a module of TensorFlow 1 with variables "
  "bert/embeddings/word_embeddings, ...; an encoder of TensorFlow 2 with "
  "input_word_ids, input_mask and input_type_ids, and variables "
  "word_embeddings/embeddings, ..."
)


class HubModule(NamedTuple):
  """A module.

  Attributes:
    folder: Its SavedModel.
    config: The model's sizes.
    vocab_file: The model's vocabulary, an asset.
    do_lower_case: Whether text is lower-cased.
  """

  folder: str
  config: bert_config.BertConfig
  vocab_file: str
  do_lower_case: bool


def find(handle: str) -> HubModule:
  """Looks at the module at a folder.

  Args:
    handle: The folder of a SavedModel, or one with versions of it.

  Raises:
    FileNotFoundError: There is no SavedModel, or no vocabulary in it.
    ValueError: It is a URL, or of no known form, or has no pooler.
  """
  if handle.startswith(("http://", "https://")):
    raise ValueError(
      f"bert_hub_module_handle={handle} is a URL, expected a folder; download "
      f"and unpack the module first: mkdir module && curl -L "
      f"'{handle}?tf-hub-format=compressed' | tar -xzC module, and give "
      "--bert_hub_module_handle=module"
    )
  folder = object_graph.find_saved_model(handle)
  if folder is None:
    names = files.names_in(handle) if files.is_folder(handle) else []
    raise FileNotFoundError(
      f"bert_hub_module_handle={handle}: expected the folder of a SavedModel "
      f"({object_graph.SAVED_MODEL}), found "
      f"{', '.join(sorted(names)[:8]) or 'no such folder'}"
    )
  model = _read(folder)
  if _POOLER not in model.tensors:
    raise ValueError(
      f"{folder}: the module has no pooler ({_POOLER}), which a classifier "
      "needs"
    )
  return HubModule(
    folder,
    model.config,
    _vocabulary(folder),
    model.known_rules().lower_case,
  )


def _read(folder: str) -> portable_model.Portable:
  try:
    return formats.read(folder, formats=_FORMATS)
  except ValueError as error:
    raise ValueError(
      f"{folder}: not a module of a known form; looked for {_KNOWN}: {error}"
    ) from error


def _vocabulary(folder: str) -> str:
  """The vocabulary among the assets: vocab.txt, or the only .txt file."""
  assets = os.path.join(folder, "assets")
  names = files.names_in(assets) if files.is_folder(assets) else []
  found = [name for name in names if name.endswith(_VOCABULARY_ENDING)]
  if portable_model.VOCABULARY in found:
    found = [portable_model.VOCABULARY]
  if len(found) != 1:
    raise FileNotFoundError(
      f"{assets}: expected {portable_model.VOCABULARY}, found "
      f"{', '.join(sorted(names)) or 'nothing'}: the module has no vocabulary"
    )
  return os.path.join(assets, found[0])
