"""Texts in, answers out, by a SavedModel."""

import os
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tensorflow_text  # noqa: F401  brings the ops of tokenization

from bert_tf.checkpoints import (
  checkpoint_prefix,
  export_checksums,
  exported_format,
  object_graph,
  portable_model,
)
from bert_tf.system import error_text, files, json_values
from bert_tf.text import (
  full_tokenizer,
  text_lines,
  tokenizer_rules,
  vocabulary_file,
  vocabulary_fit,
)


def find(path: str) -> str:
  """The SavedModel that `path` stands for.

  Args:
    path: A SavedModel, or an export folder, of which the last version counts.

  Raises:
    FileNotFoundError: There is none.
  """
  found = object_graph.find_saved_model(path)
  if found is None:
    raise FileNotFoundError(
      f"{path}: expected a SavedModel ({object_graph.SAVED_MODEL}), or a "
      "folder with versions of one (1, 2, ...), found neither"
    )
  return found


def _load(path: str) -> Any:
  """Loads a SavedModel.

  Raises:
    ValueError: It is damaged, or has ops that this process does not know.
  """
  try:
    return tf.saved_model.load(path)
  except Exception as error:  # of many kinds, by where the damage is
    raise ValueError(
      f"{path}: cannot load the SavedModel, it is damaged or of a program that "
      f"this TensorFlow does not know: {error_text.plain(error)}"
    ) from error


def _watch(folder: str) -> vocabulary_fit.Watch | None:
  """Looks at texts with the vocabulary of an export, if it is one of ours."""
  if exported_format.FORMAT.mismatch(folder) is not None:
    return None
  assets = os.path.join(folder, "assets")
  vocabulary = os.path.join(assets, portable_model.VOCABULARY)
  if not files.exists(vocabulary):
    return None
  settings = os.path.join(assets, exported_format.SETTINGS)
  tokenizer = full_tokenizer.FullTokenizer(
    vocabulary,
    rules=portable_model.rules(
      tokenizer_rules.stated(files.read_json(settings), settings),
      portable_model.read_vocabulary(assets),
    ),
  )
  vocabulary_file.require_tokens(tokenizer.vocab, ["[UNK]"], vocabulary)
  return vocabulary_fit.Watch(tokenizer, "the texts given")


class Predictor:
  """A SavedModel that answers texts.

  Args:
    path: As of `find`.

  Raises:
    FileNotFoundError: There is no SavedModel.
    ValueError: It is damaged, does not take text, or as of
      `checkpoint_prefix.check_path`.
  """

  def __init__(self, path: str):
    found = find(path)
    checkpoint_prefix.check_path(found)
    export_checksums.check(found)
    self._loaded = _load(found)
    signature = self._loaded.signatures.get("serving_default")
    inputs = signature.structured_input_signature[1] if signature else {}
    if "text" not in inputs or set(inputs) - {"text", "text_pair"}:
      raise ValueError(
        f"{path}: expected a signature serving_default of `text` and perhaps "
        f"`text_pair`, found {sorted(inputs) or 'none'}; export the model by "
        "tools/export_saved_model"
      )
    self._signature = signature
    self._watch = _watch(found)
    self._takes_pairs = "text_pair" in inputs

  def answer(self, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Answers texts, or pairs "a ||| b" where the model takes pairs.

    Returns:
      For each text what JSON can hold: `text`, `text_pair` if there is one,
      and the outputs of the model by name.
    """
    parse = text_lines.parse if self._takes_pairs else _whole
    parsed = [parse(text) for text in texts]
    if self._watch:
      self._watch.see(f"{x.text_a} {x.text_b or ''}" for x in parsed)
    given = {"text": tf.constant([line.text_a for line in parsed])}
    if self._takes_pairs:
      seconds = [line.text_b or "" for line in parsed]
      given["text_pair"] = tf.constant(seconds)
    outputs = {k: v.numpy() for k, v in self._signature(**given).items()}
    answers = []
    for row, line in enumerate(parsed):
      answer: dict[str, Any] = {"text": line.text_a}
      if line.text_b:
        answer["text_pair"] = line.text_b
      answer |= {
        name: json_values.plain(x[row]) for name, x in sorted(outputs.items())
      }
      answers.append(answer)
    return answers


def _whole(text: str) -> text_lines.Line:
  """A line as one text, whatever stands in it."""
  return text_lines.Line(text.strip())
