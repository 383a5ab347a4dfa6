"""The tokenizer's files in Hugging Face folders, as far as BERT has them."""

import json
import os
from collections.abc import Mapping
from typing import Any

from bert_tf import files
from bert_tf.checkpoints import portable_model

_CONFIG = "tokenizer_config.json"
_FAST = "tokenizer.json"


def read(folder: str) -> tuple[tuple[str, ...] | None, bool | None]:
  """The vocabulary and whether it is lower-cased; None each where unknown.

  The vocabulary is that of vocab.txt, or of tokenizer.json where newer versions
  have written no other.

  Raises:
    ValueError: A file is damaged.
  """
  path = os.path.join(folder, _CONFIG)
  settings = files.read_json(path) if files.exists(path) else {}
  lower = settings.get("do_lower_case")
  vocabulary = portable_model.read_vocabulary(folder)
  path = os.path.join(folder, _FAST)
  if files.exists(path) and (vocabulary is None or lower is None):
    values = files.read_json(path)
    if vocabulary is None:
      vocabulary = _pieces(values, path)
    normalizer = values.get("normalizer")
    if lower is None and isinstance(normalizer, Mapping):
      lower = normalizer.get("lowercase")
  return vocabulary, lower if isinstance(lower, bool) else None


def _pieces(values: Mapping[str, Any], path: str) -> tuple[str, ...]:
  """The word pieces of a tokenizer.json in the order of their ids."""
  try:
    if values["model"]["type"] != "WordPiece":
      raise ValueError(
        f"{path}: the tokenizer is {values['model']['type']}, not WordPiece"
      )
    ids = dict(values["model"]["vocab"])
    added = values.get("added_tokens") or []
    ids |= {token["content"]: token["id"] for token in added}
    pieces = sorted(ids, key=lambda piece: ids[piece])
    numbers = [ids[piece] for piece in pieces]
  except (KeyError, TypeError) as error:
    raise ValueError(f"{path}: no vocabulary as expected: {error!r}") from error
  if numbers != list(range(len(numbers))):
    raise ValueError(f"{path}: the ids of the word pieces are not 0, 1, 2 ...")
  return tuple(pieces)


def write(model: portable_model.Portable, folder: str) -> None:
  """Writes vocab.txt and tokenizer_config.json."""
  if model.vocabulary is None:
    return
  files.write_atomically(
    os.path.join(folder, portable_model.VOCABULARY), model.vocabulary_bytes()
  )
  settings = {
    "do_lower_case": model.lower_cases(),
    "model_max_length": model.config.max_position_embeddings,
    "tokenizer_class": "BertTokenizer",
  }
  text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
  files.write_atomically(os.path.join(folder, _CONFIG), text.encode())
