"""Texts in, answers out, by an export for LiteRT or ONNX. No TensorFlow."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from bert_tf.runtimes import (
  engines,
  runtime_folder,
  runtime_settings,
  text_answers,
)
from bert_tf.system import json_values
from bert_tf.text import text_lines, vocabulary_fit

Text = str | tuple[str, str | None]


class Answerer:
  """Answers texts as `bert_tf predict` does, without TensorFlow.

  Needs `ai-edge-litert` or `onnxruntime`, NumPy and absl-py.

  Args:
    path: A folder that `export_saved_model --format=litert` or `--format=onnx`
      wrote; of its parent the newest version counts.
    threads: How many threads compute; None leaves it to the runtime.

  Raises:
    FileNotFoundError: There is no such export.
    ImportError: The runtime is not installed.
    ValueError: A file is damaged.
  """

  def __init__(self, path: str | os.PathLike[str], threads: int | None = None):
    self.folder = runtime_folder.read(os.fspath(path))
    self._watch = vocabulary_fit.Watch(self.folder.tokenizer, "the texts given")
    self._run = open_engine(self.folder, threads)

  def __call__(self, texts: Sequence[Text]) -> list[dict[str, Any]]:
    """Answers texts, pairs, or pairs written as "a ||| b".

    Returns:
      For each text what JSON can hold: `text`, `text_pair` if there is one,
      and the outputs that docs/serving.md lists for the kind.

    Raises:
      TypeError: `texts` is one string.
    """
    if isinstance(texts, str):
      raise TypeError("texts is one string; give a list of them")
    lines = [self._line(text) for text in texts]
    self._watch.see(f"{x.text_a} {x.text_b or ''}" for x in lines)
    if not lines:
      return []
    found = []
    for line, outputs in zip(
      lines, answers(lines, self.folder, self._run), strict=True
    ):
      row: dict[str, Any] = {"text": line.text_a}
      if line.text_b:
        row["text_pair"] = line.text_b
      row |= {
        name: json_values.plain(value)
        for name, value in sorted(outputs.items())
      }
      found.append(row)
    return found

  def _line(self, text: Text) -> text_lines.Line:
    if not isinstance(text, str):
      return text_lines.Line(*text)
    if self.folder.settings.model_type == "tagger":
      return text_lines.Line(text.strip())
    return text_lines.parse(text)


def answers(
  lines: Sequence[text_lines.Line],
  folder: runtime_folder.RuntimeFolder,
  run: engines.Engine,
) -> Iterator[text_answers.Answer]:
  """The outputs by name for each text, by whatever engine computes."""
  kind = folder.settings.model_type
  if kind != "span":
    return text_answers.BY_KIND[kind](lines, folder, run)
  # Imported when it is wanted: it reads much of a task.
  from bert_tf.runtimes import span_answers

  return span_answers.answer(lines, folder, run)


def open_engine(
  folder: runtime_folder.RuntimeFolder, threads: int | None = None
) -> engines.Engine:
  """The model of an export, ready to compute."""
  if folder.format == runtime_settings.LITERT:
    return engines.LitertEngine(folder.model, folder.lengths, threads)
  return engines.OnnxEngine(folder.model, threads)
