"""The tokenizer's rules that are stored beside a vocabulary. No TensorFlow."""

import os
import types
from collections.abc import Mapping
from typing import Any

from bert_tf.checkpoints import (
  huggingface_tokenizer,
  keras_nlp_tokenizer,
  portable_model,
  run_metadata,
)
from bert_tf.system import files
from bert_tf.text import checkpoint_case, tokenizer_rules

# Rules by the names of `TokenizerRules`' fields, by the file that states them.
Sources = Mapping[str, Mapping[str, Any]]
NOTHING: Sources = types.MappingProxyType({})

EXPORT = "export.json"  # Settings among the assets of our SavedModels.
_EXTRA = "assets.extra"  # Beside the assets of Model Garden's.


def beside(
  vocab_file: str | os.PathLike[str],
  do_lower_case: bool | None,
  checkpoint: str | None = None,
  told: Sources = NOTHING,
) -> tokenizer_rules.TokenizerRules:
  """The rules that belong to a model, and the original's otherwise.

  Args:
    vocab_file: The vocabulary.
    do_lower_case: The flag; None takes what the files state, else True.
    checkpoint: The model: a folder, a prefix or one of its files.
    told: What else states rules, such as the run that goes on.

  Raises:
    ValueError: Two files contradict each other or the flag, or as of `stated`.
  """
  sources = _of_vocabulary(vocab_file) | dict(told)
  if checkpoint:
    sources |= _of_checkpoint(checkpoint)
    if do_lower_case is None:
      sources |= _of_name(checkpoint)
  found = tokenizer_rules.merged(sources)
  usual = True if do_lower_case is None else do_lower_case
  lower_case = found.setdefault("lower_case", usual)
  if do_lower_case is not None and lower_case != do_lower_case:
    beside_it = any(
      "lower_case" in x for x in _of_vocabulary(vocab_file).values()
    )
    source = next(x for x in sources if "lower_case" in sources[x])
    says = (
      f"the files beside {vocab_file} say" if beside_it else f"{source} says"
    )
    raise ValueError(
      f"--do_lower_case={do_lower_case}, but {says} {lower_case}; pass "
      f"--do_lower_case={lower_case}, or the files of another model"
    )
  return tokenizer_rules.TokenizerRules(**found)


def stated(
  vocab_file: str | os.PathLike[str], checkpoint: str | None = None
) -> dict[str, Any]:
  """The rules that the files beside a vocabulary state; perhaps none.

  They are those of a Hugging Face folder, a preset of keras-nlp, a SavedModel
  of this project or of Model Garden, or a bert_config.json of this project.

  Args:
    vocab_file: The vocabulary.
    checkpoint: The model, if what is beside it counts, too: the same, what the
      run that trained it noted, and the name that Google gave it.

  Returns:
    Rules by the names of `TokenizerRules`' fields.

  Raises:
    ValueError: A file asks for another tokenizer than BERT's, or contradicts
      another file.
  """
  sources = _of_vocabulary(vocab_file)
  if checkpoint:
    sources |= _of_checkpoint(checkpoint) | _of_name(checkpoint)
  return tokenizer_rules.merged(sources)


def _of_name(checkpoint: str) -> dict[str, dict[str, Any]]:
  found = checkpoint_case.stated_case(checkpoint)
  return {f"the name {found[0]}": {"lower_case": found[1]}} if found else {}


def _of_checkpoint(checkpoint: str) -> dict[str, dict[str, Any]]:
  """What the files beside a checkpoint state."""
  folder = run_metadata.folder_of(checkpoint)
  found = _of_vocabulary(os.path.join(folder, portable_model.VOCABULARY))
  for place in (
    keras_nlp_tokenizer.VOCABULARY,
    os.path.join("assets", portable_model.VOCABULARY),
  ):
    path = os.path.join(folder, place)
    if files.exists(path):
      found |= _of_vocabulary(path)
  run = run_metadata.of_checkpoint(checkpoint)
  return found | (run.rules(folder) if run else {})


def _of_vocabulary(
  vocab_file: str | os.PathLike[str],
) -> dict[str, dict[str, Any]]:
  """What the files beside a vocabulary state."""
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
  return {source: rules for source, rules in found.items() if rules}


def _read(path: str) -> dict[str, Any]:
  if not files.exists(path):
    return {}
  return tokenizer_rules.stated(files.read_json(path), path)
