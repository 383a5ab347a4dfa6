"""Folders of exports for LiteRT and ONNX, and what they say of themselves.

As exports of SavedModels they are numbered versions. Each holds the model,
`vocab.txt`, `bert_config.json`, `export.json` (settings, rules of the
tokenizer, lengths) and checksums.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from bert_tf.checkpoints import (
  export_checksums,
  portable_model,
  stored_rules,
)
from bert_tf.export import export_settings
from bert_tf.runtimes import python_tokenizer, runtime_settings
from bert_tf.system import files
from bert_tf.text import tokenizer_rules, vocabulary_file

MODELS = {
  runtime_settings.LITERT: "model.tflite",
  runtime_settings.ONNX: "model.onnx",
}
_FILES = MODELS | {runtime_settings.SAVED_MODEL: "saved_model.pb"}
# Beside the settings of the export, in the same file.
FORMAT, QUANTIZE, LENGTHS = "format", "quantize", "lengths"


@dataclasses.dataclass(frozen=True)
class RuntimeFolder:
  """One version of an export.

  Attributes:
    path: The folder.
    format: "litert" or "onnx".
    lengths: Of LiteRT's signatures, ascending; () for ONNX.
    settings: Of the export.
    tokenizer: The model's.
  """

  path: str
  format: str
  lengths: tuple[int, ...]
  settings: export_settings.ExportSettings
  tokenizer: python_tokenizer.PythonTokenizer

  @property
  def model(self) -> str:
    """The model's file."""
    return os.path.join(self.path, MODELS[self.format])


def find(path: str) -> str | None:
  """The folder that `path` stands for: itself, or its newest version."""
  if _format(path) in MODELS:
    return path
  versions = _versions(path)
  newest = versions[max(versions)] if versions else path
  return newest if _format(newest) in MODELS else None


def check_format(export_dir: str, wanted: str) -> None:
  """Checks that an export folder has no versions in another format.

  Raises:
    ValueError: It has one; the message names it.
  """
  for folder in _versions(export_dir).values():
    if _format(folder) != wanted:
      raise ValueError(
        f"{folder} is a version in format={_format(folder)!r}; name another "
        f"export_dir for format={wanted!r}"
      )


def _versions(path: str) -> dict[int, str]:
  """The versions in a folder, in whatever format, by number."""
  return {
    int(name): os.path.join(path, name)
    for name in files.names_in(path)
    if name.isdecimal() and _format(os.path.join(path, name))
  }


def _format(path: str) -> str | None:
  for name, file in _FILES.items():
    if files.exists(os.path.join(path, file)):
      return name
  return None


def read(path: str) -> RuntimeFolder:
  """Reads what is beside the model, and compares all files with checksums.

  Args:
    path: As of `find`.

  Raises:
    FileNotFoundError: There is no such export.
    ValueError: A file is damaged, or says what it cannot say.
  """
  folder = find(path)
  if folder is None:
    raise FileNotFoundError(
      f"{path}: expected {' or '.join(MODELS.values())}, or a folder with "
      "versions of one (1, 2, ...), found neither; export the model by "
      "bert_tf export_saved_model --format=litert or --format=onnx"
    )
  export_checksums.check(folder)
  file = os.path.join(folder, stored_rules.EXPORT)
  values = files.read_json(file)
  vocabulary = os.path.join(folder, portable_model.VOCABULARY)
  rules = tokenizer_rules.TokenizerRules(**tokenizer_rules.stated(values, file))
  tokenizer = python_tokenizer.PythonTokenizer(vocabulary, rules=rules)
  vocabulary_file.require_tokens(tokenizer.vocab, path=vocabulary)
  try:
    return RuntimeFolder(
      folder,
      _stated_format(values, folder),
      tuple(map(int, values.get(LENGTHS, ()))),
      _settings(values),
      tokenizer,
    )
  except (TypeError, ValueError) as error:
    raise ValueError(f"{file}: {error}; export the model again") from error


def _stated_format(values: Mapping[str, Any], folder: str) -> str:
  found, stated = _format(folder), values.get(FORMAT)
  if found != stated:
    raise ValueError(f"{FORMAT} is {stated!r}, but {folder} is of {found!r}")
  return str(found)


def _settings(values: Mapping[str, Any]) -> export_settings.ExportSettings:
  names = [x.name for x in dataclasses.fields(export_settings.ExportSettings)]
  known = {name: values[name] for name in names if name in values}
  if "model_type" not in known:
    raise ValueError("no model_type")
  return export_settings.ExportSettings(
    **{**known, "labels": tuple(known.get("labels", ()))}
  )
