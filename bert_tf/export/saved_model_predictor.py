"""Texts in, answers out, by a SavedModel."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.export import saved_models
from bert_tf.system import json_values
from bert_tf.text import text_lines, vocabulary_fit

_TEXT, _PAIR, _CHOICES = "text", "text_pair", "choices"


def _watch(folder: str) -> vocabulary_fit.Watch | None:
  """Looks at texts with the vocabulary of an export, if it is one of ours."""
  if not saved_models.is_export(folder):
    return None
  tokenizer = saved_models.tokenizer(folder)
  if tokenizer is None:
    return None
  return vocabulary_fit.Watch(tokenizer, "the texts given")


class Predictor:
  """A SavedModel that answers texts.

  Args:
    path: As of `saved_models.find`.

  Raises:
    FileNotFoundError: There is no SavedModel.
    ValueError: It does not take text, or as of `saved_models.load`.
  """

  def __init__(self, path: str):
    found = saved_models.find(path)
    self._loaded = saved_models.load(found)
    signature = self._loaded.signatures.get("serving_default")
    inputs = signature.structured_input_signature[1] if signature else {}
    seconds = sorted(set(inputs) - {_TEXT})
    if _TEXT not in inputs or seconds not in ([], [_PAIR], [_CHOICES]):
      raise ValueError(
        f"{path}: expected a signature serving_default of `text` and perhaps "
        f"`text_pair` or `choices`, found {sorted(inputs) or 'none'}; export "
        "the model by tools/export_saved_model"
      )
    self._signature = signature
    self._watch = _watch(found)
    self._parse = _PARSERS[seconds[0] if seconds else _TEXT]

  def answer(self, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Answers texts, or what else the model takes.

    Where it takes pairs, these are "a ||| b"; where it takes choices, they
    follow the text: "text ||| a ||| b ||| c".

    Returns:
      For each text what JSON can hold: `text`, `text_pair` or `choices` if
      there are any, and the outputs of the model by name.

    Raises:
      ValueError: The model takes choices, and there are none.
    """
    parsed = [self._parse(text.strip()) for text in texts]
    if self._watch:
      self._watch.see(" ".join(map(str, x.values())) for x in parsed)
    given = {name: tf.constant(x) for name, x in _columns(parsed).items()}
    outputs = {k: v.numpy() for k, v in self._signature(**given).items()}
    answers = []
    for row, shown in enumerate(parsed):
      answer = {k: v for k, v in shown.items() if v}
      answer[_TEXT] = shown[_TEXT]
      count = len(shown.get(_CHOICES, ()))
      for name, values in sorted(outputs.items()):
        value = values[row]
        if count and values.ndim == 2:  # a number for each choice
          value = value[:count]
        answer[name] = json_values.plain(value)
      answers.append(answer)
    return answers


def _columns(parsed: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
  """The inputs by name; lists are filled up with "" to equal length."""
  found = {name: [x[name] for x in parsed] for name in parsed[0]}
  if _CHOICES in found:
    most = max(map(len, found[_CHOICES]))
    found[_CHOICES] = [x + [""] * (most - len(x)) for x in found[_CHOICES]]
  return found


def _whole(text: str) -> dict[str, Any]:
  """A line as one text, whatever stands in it."""
  return {_TEXT: text}


def _pair(text: str) -> dict[str, Any]:
  line = text_lines.parse(text)
  return {_TEXT: line.text_a, _PAIR: line.text_b or ""}


def _question(text: str) -> dict[str, Any]:
  first, *choices = text.split(text_lines.SEPARATOR)
  if not all(choices) or not choices:
    raise ValueError(
      f"found {text!r}, expected a text and its choices, none of them empty, "
      f"with {text_lines.SEPARATOR!r} between them"
    )
  return {_TEXT: first, _CHOICES: choices}


# By what the model takes beside the text.
_PARSERS: dict[str, Callable[[str], dict[str, Any]]] = {
  _TEXT: _whole,
  _PAIR: _pair,
  _CHOICES: _question,
}
