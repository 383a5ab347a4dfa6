"""The tokenizer in preset folders of keras-nlp.

No TensorFlow here, and keras-nlp is imported to write only.
"""

import dataclasses
import os
from typing import Any

from bert_tf.checkpoints import portable_model
from bert_tf.system import files
from bert_tf.text import tokenizer_rules, wordpiece_tokenizer

VOCABULARY = os.path.join("assets", "tokenizer", "vocabulary.txt")
_CONFIG = "tokenizer.json"
_CLASS = "BertTokenizer"
_NAMES = {"lowercase": "lower_case", "strip_accents": "strip_accents"}
# What else it may be set to, and what BERT has.
_FIXED = {
  "split": True,
  "suffix_indicator": wordpiece_tokenizer.CONTINUATION,
  "oov_token": wordpiece_tokenizer.UNKNOWN,
  "special_tokens_in_strings": False,
}


def read_vocabulary(folder: str) -> tuple[str, ...] | None:
  """The word pieces of a preset, if it has a tokenizer."""
  path = os.path.join(folder, VOCABULARY)
  if not files.exists(path):
    return None
  with files.open_file(path) as file:
    return portable_model.parse_vocabulary(file.read(), path)


def stated_rules(folder: str) -> dict[str, Any]:
  """The rules that a preset states, by the names of `TokenizerRules`' fields.

  Raises:
    ValueError: The file is damaged, or the tokenizer is not BERT's.
  """
  path = os.path.join(folder, _CONFIG)
  if not files.exists(path):
    return {}
  values = files.read_json(path)
  settings = values.get("config")
  if values.get("class_name") != _CLASS or not isinstance(settings, dict):
    raise ValueError(
      f"{path}: expected a {_CLASS}, found {values.get('class_name')}"
    )
  for key, expected in _FIXED.items():
    if settings.get(key, expected) != expected:
      raise ValueError(
        f"{path}: config.{key} is {settings[key]!r}, expected {expected!r}; "
        "this project's tokenizer has no such rule"
      )
  return tokenizer_rules.stated(settings, path, _NAMES, "config.")


def held_rules(
  model: portable_model.Portable,
) -> tokenizer_rules.TokenizerRules:
  """The rules that a preset holds: a saved tokenizer splits ideographs.

  The longest word stands in bert_config.json beside it.
  """
  return dataclasses.replace(model.known_rules(), split_cjk=True)


def make(model: portable_model.Portable) -> Any:
  """Their tokenizer; None without a vocabulary."""
  import keras_nlp

  if model.vocabulary is None:
    return None
  rules = held_rules(model)
  return keras_nlp.models.BertTokenizer(
    list(model.vocabulary),
    lowercase=rules.lower_case,
    strip_accents=rules.strip_accents,
  )
