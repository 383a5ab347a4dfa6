"""The tokenizer's rules that are stored beside a vocabulary. No TensorFlow."""

import os
from typing import Any

from bert_tf import files
from bert_tf.checkpoints import (
  huggingface_tokenizer,
  keras_nlp_tokenizer,
  portable_model,
)
from bert_tf.text import tokenizer_rules

EXPORT = "export.json"  # Settings among the assets of our SavedModels.
_EXTRA = "assets.extra"  # Beside the assets of Model Garden's.


def beside(
  vocab_file: str | os.PathLike[str], do_lower_case: bool
) -> tokenizer_rules.TokenizerRules:
  """The rules that belong to a vocabulary file, and the original's otherwise.

  Args:
    vocab_file: The vocabulary.
    do_lower_case: The flag.

  Raises:
    ValueError: As of `stated`, or it contradicts the flag.
  """
  found = stated(vocab_file)
  lower_case = found.setdefault("lower_case", do_lower_case)
  if lower_case != do_lower_case:
    raise ValueError(
      f"--do_lower_case={do_lower_case}, but the files beside {vocab_file} say "
      f"{lower_case}; pass --do_lower_case={lower_case}, or the vocab_file of "
      "the model"
    )
  return tokenizer_rules.TokenizerRules(**found)


def stated(vocab_file: str | os.PathLike[str]) -> dict[str, Any]:
  """The rules that the files beside a vocabulary state; perhaps none.

  They are those of a Hugging Face folder, a preset of keras-nlp, a SavedModel
  of this project or of Model Garden, or a bert_config.json of this project.

  Returns:
    Rules by the names of `TokenizerRules`' fields.

  Raises:
    ValueError: A file asks for another tokenizer than BERT's, or contradicts
      another file.
  """
  path = os.fspath(vocab_file)
  folder = os.path.dirname(path)
  found = {folder: huggingface_tokenizer.read_rules(folder)}
  for file in (
    os.path.join(folder, portable_model.CONFIG),
    os.path.join(folder, EXPORT),
    os.path.join(os.path.dirname(folder), _EXTRA, portable_model.CONFIG),
  ):
    found[file] = _read(file)
  preset = path.removesuffix(keras_nlp_tokenizer.VOCABULARY)
  if preset != path:
    config = os.path.join(preset, portable_model.CONFIG)
    found[config] = _read(config)
    found[preset] = keras_nlp_tokenizer.stated_rules(preset)
  return tokenizer_rules.merged(found)


def _read(path: str) -> dict[str, Any]:
  if not files.exists(path):
    return {}
  return tokenizer_rules.stated(files.read_json(path), path)
