"""The tokenizer's files in Hugging Face folders, as far as BERT has them.

What they say and this project's tokenizer cannot do is an error: the ids would
be others than the model was trained with.
"""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from bert_tf.checkpoints import portable_model
from bert_tf.system import files, output_files
from bert_tf.text import tokenizer_rules, vocabulary_file, wordpiece_tokenizer

_CONFIG = "tokenizer_config.json"
_FAST = "tokenizer.json"
_ADDED = "added_tokens.json"

# Classes that read vocab.txt as BertTokenizer does.
_CLASSES = ("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer")
_SPECIAL = {
  f"{token.strip('[]').lower()}_token": token
  for token in vocabulary_file.SPECIAL_TOKENS
}
_NORMALIZER = {
  "lowercase": "lower_case",
  "strip_accents": "strip_accents",
  "handle_chinese_chars": "split_cjk",
}
_MODEL = {"max_input_chars_per_word": "max_input_chars_per_word"}
_CLS, _SEP = "[CLS]", "[SEP]"
# Tokens, texts and their segment ids, as `text_pairs.sequence` makes them.
_TEMPLATES = {
  "single": ((_CLS, 0), ("A", 0), (_SEP, 0)),
  "pair": ((_CLS, 0), ("A", 0), (_SEP, 0), ("B", 1), (_SEP, 1)),
}


def read(folder: str) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
  """The vocabulary, None if unknown, and `read_rules`.

  The vocabulary is that of vocab.txt, or of tokenizer.json where newer versions
  have written no other.

  Raises:
    ValueError: A file is damaged, or as of `read_rules`.
  """
  stated = read_rules(folder)
  vocabulary = portable_model.read_vocabulary(folder)
  path = os.path.join(folder, _FAST)
  if vocabulary is None and files.exists(path):
    vocabulary = _pieces(files.read_json(path), path)
  return vocabulary, stated


def read_rules(folder: str) -> dict[str, Any]:
  """The rules that the files state, by the names of `TokenizerRules`' fields.

  Raises:
    ValueError: A file asks for something else than BERT's tokenizer, or two
      contradict each other.
  """
  path, fast_path, added = (
    os.path.join(folder, name) for name in (_CONFIG, _FAST, _ADDED)
  )
  has_fast = files.exists(fast_path)
  found = {}
  if files.exists(path):
    values = files.read_json(path)
    _check_config(values, path, has_fast)
    found[path] = tokenizer_rules.stated(values, path)
  if files.exists(added):
    _check_added(list(files.read_json(added)), added, "the file")
  if has_fast:
    found[fast_path] = _read_fast(files.read_json(fast_path), fast_path)
  return tokenizer_rules.merged(found)


def _differs(path: str, key: str, found: Any, expected: str) -> ValueError:
  return ValueError(
    f"{path}: {key} is {json.dumps(found)}, expected {expected}; this "
    "project's tokenizer has no such rule, and its ids would be others than "
    "the model was trained with. If your texts do not need it, change the file"
  )


def _check_config(values: Mapping[str, Any], path: str, has_fast: bool) -> None:
  """Checks what tokenizer_config.json says beside the rules."""
  name = values.get("tokenizer_class")
  known = name is None or str(name).removesuffix("Fast") in _CLASSES
  if not known and not has_fast:  # That file describes a tokenizer in full.
    raise _differs(path, "tokenizer_class", name, " or ".join(_CLASSES))
  basic = values.get("do_basic_tokenize")
  if basic not in (None, True):
    raise _differs(path, "do_basic_tokenize", basic, "true")
  for key, token in _SPECIAL.items():
    if _content(values.get(key) or token) != token:
      raise _differs(path, key, _content(values[key]), token)
  for key in (
    "never_split",
    "additional_special_tokens",
    "extra_special_tokens",
    "added_tokens_decoder",
  ):
    _check_added(values.get(key), path, key)


def _content(token: Any) -> Any:
  """The text of a token, which may be described by a JSON object."""
  return token.get("content") if isinstance(token, Mapping) else token


def _check_added(tokens: Any, path: str, key: str) -> None:
  """Checks that no tokens but the special ones are looked for in texts.

  Args:
    tokens: A list, or an object with the tokens as values; nothing, perhaps.
    path: The file.
    key: Where they stand in it.
  """
  if isinstance(tokens, Mapping):
    tokens = list(tokens.values())
  listed = tokens if isinstance(tokens, list) else [tokens] if tokens else []
  others = [
    content
    for content in map(_content, listed)
    if content not in vocabulary_file.SPECIAL_TOKENS
  ]
  if others:
    expected = "none but " + ", ".join(vocabulary_file.SPECIAL_TOKENS)
    raise _differs(path, key, others, expected)


def _read_fast(values: Mapping[str, Any], path: str) -> dict[str, Any]:
  """The rules of tokenizer.json, whose parts must be those of BERT's."""
  model = values.get("model", {})
  if not isinstance(model, Mapping):
    raise _differs(path, "model", model, "a WordPiece")
  for key, expected in (
    ("type", "WordPiece"),
    ("unk_token", wordpiece_tokenizer.UNKNOWN),
    ("continuing_subword_prefix", wordpiece_tokenizer.CONTINUATION),
  ):
    if model.get(key, expected) != expected:
      raise _differs(path, f"model.{key}", model[key], expected)
  _check_added(values.get("added_tokens"), path, "added_tokens")
  normalizer = _part(values, path, "normalizer", "BertNormalizer")
  clean_text = normalizer.get("clean_text", True)
  if clean_text is not True:
    raise _differs(path, "normalizer.clean_text", clean_text, "true")
  _part(values, path, "pre_tokenizer", "BertPreTokenizer")
  if values.get("post_processor") is not None:
    _check_templates(values["post_processor"], path)
  return tokenizer_rules.stated(
    model, path, _MODEL, "model."
  ) | tokenizer_rules.stated(normalizer, path, _NORMALIZER, "normalizer.")


def _part(
  values: Mapping[str, Any], path: str, key: str, expected: str
) -> Mapping[str, Any]:
  """A part of the one type that BERT has; empty if the file has no such key."""
  if key not in values:
    return {}
  part = values[key]
  if isinstance(part, Mapping) and part.get("type") == "Sequence":
    parts = part.get(key.replace("_", "") + "s")
    if isinstance(parts, list) and len(parts) == 1:
      part = parts[0]
  if not isinstance(part, Mapping) or part.get("type") != expected:
    raise _differs(path, key, part, f"a {expected}")
  return part


def _check_templates(processor: Any, path: str) -> None:
  """Checks that texts get [CLS], [SEP] and segment ids as they do here."""
  kind = processor.get("type") if isinstance(processor, Mapping) else None
  if kind == "BertProcessing":
    return
  if kind != "TemplateProcessing":
    raise _differs(path, "post_processor", processor, "TemplateProcessing")
  for key, expected in _TEMPLATES.items():
    if processor.get(key) != _template(expected):
      expected_text = json.dumps(_template(expected))
      raise _differs(
        path, f"post_processor.{key}", processor.get(key), expected_text
      )


def _template(parts: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
  """A template as tokenizer.json has it."""
  return [
    {
      "Sequence" if name in ("A", "B") else "SpecialToken": {
        "id": name,
        "type_id": segment,
      }
    }
    for name, segment in parts
  ]


def _pieces(values: Mapping[str, Any], path: str) -> tuple[str, ...]:
  """The word pieces of a tokenizer.json in the order of their ids."""
  try:
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
  """Writes vocab.txt, tokenizer_config.json and tokenizer.json."""
  if model.vocabulary is None:
    return
  rules = model.known_rules()
  follows_case = rules.strip_accents == rules.lower_case
  strip_accents = None if follows_case else rules.strip_accents
  settings = {
    "do_lower_case": rules.lower_case,
    "model_max_length": model.config.max_position_embeddings,
    "strip_accents": strip_accents,
    "tokenize_chinese_chars": rules.split_cjk,
    "tokenizer_class": "BertTokenizer",
  }
  ids = {piece: index for index, piece in enumerate(model.vocabulary)}
  for name, data in (
    (portable_model.VOCABULARY, model.vocabulary_bytes()),
    (_CONFIG, _json(dict(sorted(settings.items())))),
    (_FAST, _json(_fast(ids, rules, strip_accents))),
  ):
    output_files.write_atomically(os.path.join(folder, name), data)


def _json(values: Mapping[str, Any]) -> bytes:
  return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _fast(
  ids: Mapping[str, int],
  rules: tokenizer_rules.TokenizerRules,
  strip_accents: bool | None,
) -> dict[str, Any]:
  """The contents of tokenizer.json, the only file with the longest word."""
  has_ends = _CLS in ids and _SEP in ids
  special_tokens = {
    token: {"id": token, "ids": [ids[token]], "tokens": [token]}
    for token in (_CLS, _SEP)
    if has_ends
  }
  templates = {key: _template(parts) for key, parts in _TEMPLATES.items()}
  return {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
      {
        "id": ids[token],
        "content": token,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
      }
      for token in vocabulary_file.SPECIAL_TOKENS
      if token in ids
    ],
    "normalizer": {
      "type": "BertNormalizer",
      "clean_text": True,
      "handle_chinese_chars": rules.split_cjk,
      "strip_accents": strip_accents,
      "lowercase": rules.lower_case,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": (
      {"type": "TemplateProcessing"}
      | templates
      | {"special_tokens": special_tokens}
      if has_ends
      else None
    ),
    "decoder": {
      "type": "WordPiece",
      "prefix": wordpiece_tokenizer.CONTINUATION,
      "cleanup": True,
    },
    "model": {
      "type": "WordPiece",
      "unk_token": wordpiece_tokenizer.UNKNOWN,
      "continuing_subword_prefix": wordpiece_tokenizer.CONTINUATION,
      "max_input_chars_per_word": rules.max_input_chars_per_word,
      "vocab": dict(ids),
    },
  }
