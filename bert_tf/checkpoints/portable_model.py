"""A model out of a checkpoint of any form, in memory.

All forms are read into this one and written from it, so that each needs to
know Google's names and its own, and no other's.
"""

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import variable_names, variable_shapes
from bert_tf.system import files, output_files
from bert_tf.text import tokenizer_rules

CONFIG = "bert_config.json"
VOCABULARY = "vocab.txt"

# The heads, by the beginning of their variables.
HEADS = {
  "masked_lm": "cls/predictions/",
  "next_sentence": "cls/seq_relationship/",
  "span": "cls/squad/",
  "classifier": "output_",
}
# What a classifier's head reads; Google's names are the same for all.
LABELS_OF = PER_SEQUENCE, PER_TOKEN, PER_CHOICE = "sequence", "token", "choice"


@dataclasses.dataclass(frozen=True)
class Portable:
  """One model, by Google's names and in Google's layout.

  Attributes:
    path: Where it was read, for messages.
    config: Sizes and settings.
    tensors: Arrays by name, kernels [in, out], `output_weights` [C, H];
      training state too, where the form has it.
    vocabulary: The word pieces in the order of their ids; None if unknown.
    rules: Of the tokenizer; None if unknown.
    labels: Of the classifier, in the order of its outputs; may be empty.
    labels_of: What the classifier labels or scores: `PER_SEQUENCE`,
      `PER_TOKEN` or `PER_CHOICE`; None if unknown.
  """

  path: str
  config: bert_config.BertConfig
  tensors: Mapping[str, np.ndarray[Any, Any]]
  vocabulary: tuple[str, ...] | None = None
  rules: tokenizer_rules.TokenizerRules | None = None
  labels: tuple[str, ...] = ()
  labels_of: str | None = None

  def without_training_state(self) -> "Portable":
    """The model alone, a third of a training checkpoint."""
    state = variable_names.training_state(self.tensors.keys())
    kept = {n: value for n, value in self.tensors.items() if n not in state}
    return dataclasses.replace(self, tensors=kept)

  def known_rules(self) -> tokenizer_rules.TokenizerRules:
    """`rules`; where they are unknown, the original's for the case found."""
    return self.rules or tokenizer_rules.TokenizerRules.from_lower_case(
      is_lower_cased(self.vocabulary)
    )

  def vocabulary_bytes(self) -> bytes:
    """The vocabulary as the bytes of vocab.txt."""
    return "".join(piece + "\n" for piece in self.vocabulary or ()).encode()


def is_lower_cased(vocabulary: Iterable[str] | None) -> bool:
  """Whether a vocabulary is of an uncased model.

  One of a cased model has capital letters outside of [CLS] and its like.
  """
  words = (p for p in vocabulary or () if not p.startswith("["))
  return all(piece == piece.lower() for piece in words)


def rules(
  stated: Mapping[str, Any], vocabulary: Iterable[str] | None
) -> tokenizer_rules.TokenizerRules | None:
  """The rules that a form states, as `tokenizer_rules.stated` gives them.

  Where it states no case, the vocabulary tells; None if it states nothing.
  """
  if not stated:
    return None
  lower_case = stated.get("lower_case", is_lower_cased(vocabulary))
  return tokenizer_rules.TokenizerRules(**{**stated, "lower_case": lower_case})


def lost_rules(
  model: Portable, held: tokenizer_rules.TokenizerRules
) -> list[str]:
  """The rules of a model that a form cannot hold, for messages."""
  kept = held.to_dict()
  return [
    f"{key}={value} of the tokenizer"
    for key, value in model.known_rules().to_dict().items()
    if kept.get(key) != value
  ]


def without_rules(
  config: bert_config.BertConfig, path: str
) -> tuple[bert_config.BertConfig, dict[str, Any]]:
  """A configuration without the rules among its further keys, and these.

  Args:
    config: As `write_config` wrote it, perhaps.
    path: Its file, for messages.

  Raises:
    ValueError: A rule has a value that it cannot have.
  """
  extra = {
    key: value
    for key, value in config.extra.items()
    if key not in tokenizer_rules.STORED
  }
  stated = tokenizer_rules.stated(config.extra, path)
  return dataclasses.replace(config, extra=extra), stated


def heads(tensor_names: Collection[str]) -> list[str]:
  """The heads that a checkpoint has, by the keys of `HEADS`."""
  state = variable_names.training_state(tensor_names)
  model = [name for name in tensor_names if name not in state]
  return [
    head
    for head, prefix in HEADS.items()
    if any(name.startswith(prefix) for name in model)
  ]


def widened(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
  """Half precision as float32, which holds the same numbers."""
  half = value.dtype.name in ("float16", "bfloat16")
  return value.astype(np.float32) if half else value


def parse_vocabulary(data: bytes, path: str) -> tuple[str, ...]:
  """The lines of a vocab.txt.

  Raises:
    ValueError: It is empty or not UTF-8 text.
  """
  try:
    text = data.decode("utf-8")
  except UnicodeDecodeError as error:
    raise ValueError(f"{path}: not UTF-8 text: {error}") from error
  if not text.strip() or "\0" in text:
    raise ValueError(
      f"{path}: expected a word piece a line, found "
      + ("zero bytes" if text.strip() else "nothing")
    )
  lines = text.replace("\r", "").split("\n")
  if not lines[-1]:
    lines.pop()
  return tuple(lines)


def read_vocabulary(folder: str) -> tuple[str, ...] | None:
  """The vocab.txt of a folder, if there is one."""
  path = os.path.join(folder, VOCABULARY)
  if not files.exists(path):
    return None
  with files.open_file(path) as file:
    return parse_vocabulary(file.read(), path)


def config_beside(
  folder: str, told: bert_config.BertConfig
) -> bert_config.BertConfig:
  """The bert_config.json of a folder of another form, if it fits.

  The other forms have no place for some settings, so this project writes them
  beside.

  Args:
    folder: Where to look.
    told: What the form itself tells.

  Returns:
    The file's settings; `told` where there is no such file, or its sizes are
    others (then a warning is logged).
  """
  path = os.path.join(folder, CONFIG)
  if not files.exists(path):
    return told
  found = bert_config.BertConfig.from_json_file(path)
  same_depth = found.num_hidden_layers == told.num_hidden_layers
  if same_depth and variable_shapes.shapes(found) == variable_shapes.shapes(
    told
  ):
    return found
  logging.warning("%s is left alone: it is of another model", path)
  return told


def write_config(model: Portable, folder: str) -> None:
  """Writes bert_config.json, with the tokenizer's rules as further keys.

  The original leaves keys alone that it does not know.
  """
  extra = dict(model.config.extra)
  if model.rules:
    extra |= model.rules.to_dict()
  config = dataclasses.replace(model.config, extra=extra)
  output_files.write_atomically(
    os.path.join(folder, CONFIG), config.to_json_string().encode()
  )


def require(model: Portable, tensor_names: Iterable[str]) -> None:
  """Checks that a model has what a form asks for, a pooler perhaps.

  Raises:
    ValueError: It has not.
  """
  missing = [name for name in tensor_names if name not in model.tensors]
  if missing:
    raise ValueError(
      f"{model.path}: the model has no variable {missing[0]}; the target "
      "format requires it"
    )


def check(model: Portable) -> None:
  """Checks that all parts of a model are of one size.

  Raises:
    ValueError: They are not; the message names the parts.
  """
  if model.config.num_hidden_layers > len(model.tensors):
    raise ValueError(
      f"{model.path}: num_hidden_layers={model.config.num_hidden_layers}, and "
      f"there are {len(model.tensors)} variables in all"
    )
  wanted = variable_shapes.shapes(model.config)
  found = {name: value.shape for name, value in model.tensors.items()}
  missing = [
    name
    for name in wanted
    if name.startswith("bert/") and "/pooler/" not in name and name not in found
  ]
  if missing:
    raise ValueError(
      f"{model.path}: {len(missing)} variables of the encoder are missing: "
      f"{', '.join(missing[:3])} ...; is it a whole BERT, and does its "
      "configuration belong to it?"
    )
  wrong = [
    f"{name}: found {list(found[name])}, expected {list(shape)}"
    for name, shape in wanted.items()
    if name in found and found[name] != shape
  ]
  state = variable_names.training_state(found.keys())
  wrong += [
    f"{name}: unexpected layer: not in the config"
    for name in found
    if name.startswith("bert/") and name not in wanted and name not in state
  ]
  if wrong:
    raise ValueError(
      f"{model.path}: {len(wrong)} variables do not fit the configuration:\n  "
      + "\n  ".join(wrong[:10])
    )
  not_numbers = [
    name
    for name, value in model.tensors.items()
    if value.dtype.kind != "f" and name not in state
  ]
  if not_numbers:
    raise ValueError(
      f"{model.path}: {not_numbers[0]} is of type "
      f"{model.tensors[not_numbers[0]].dtype}, expected floating point"
    )
  _check_labels(model)


def _check_labels(model: Portable) -> None:
  weights = model.tensors.get("output_weights")
  if model.labels and weights is not None and len(weights) != len(model.labels):
    raise ValueError(
      f"{model.path}: {len(model.labels)} labels, but the classifier has "
      f"{len(weights)} outputs"
    )


def check_vocabulary(model: Portable) -> None:
  """Checks that the vocabulary has a word piece for each row of the table.

  Raises:
    ValueError: It has more or fewer.
  """
  rows = model.config.vocab_size
  if model.vocabulary is not None and len(model.vocabulary) != rows:
    raise ValueError(
      f"{model.path}: the vocabulary has {len(model.vocabulary)} word pieces, "
      f"the model's table {rows} rows: does {VOCABULARY} belong to it? If it "
      "does, --resize_vocab makes them one size"
    )
