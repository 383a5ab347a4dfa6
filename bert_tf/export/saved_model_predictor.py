"""Lines in, JSON lines out, by a SavedModel."""

import json
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np
import tensorflow as tf

from bert_tf.export import saved_models
from bert_tf.text import text_lines, vocabulary_fit


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
      answer |= {name: _plain(x[row]) for name, x in sorted(outputs.items())}
      answers.append(answer)
    return answers


def _whole(text: str) -> text_lines.Line:
  """A line as one text, whatever stands in it."""
  return text_lines.Line(text.strip())


def _plain(value: Any) -> Any:
  """What JSON can hold."""
  if isinstance(value, bytes):
    return value.decode("utf-8", "replace")
  if isinstance(value, np.ndarray):
    return [_plain(entry) for entry in value]
  return value.item() if isinstance(value, np.generic) else value


def run(
  predictor: Predictor, reader: IO[bytes], writer: IO[str], batch_size: int
) -> int:
  """Answers lines as they come; returns how many.

  A line is answered at once where no other is waiting, so that one may type.

  Args:
    predictor: What answers.
    reader: Lines, UTF-8; broken bytes are dropped.
    writer: Gets a line of JSON for each.
    batch_size: The most lines at once.

  Raises:
    OSError: `reader` failed; the lines before are answered.
  """
  count = 0
  for batch in _batches(reader, batch_size):
    for answer in predictor.answer(batch):
      writer.write(json.dumps(answer, ensure_ascii=False) + "\n")
    writer.flush()
    count += len(batch)
  return count


def _batches(reader: Iterable[bytes], size: int) -> Iterator[list[str]]:
  """What has come by now, `size` lines at most; waits for the first."""
  waiting: queue.Queue[bytes | Exception | None] = queue.Queue(4 * size)

  def read() -> None:
    try:
      for line in reader:
        waiting.put(line)
      waiting.put(None)
    except Exception as error:  # raised where lines are waited for
      waiting.put(error)

  threading.Thread(target=read, daemon=True).start()
  while isinstance(line := waiting.get(), bytes):
    batch = [line]
    while len(batch) < size and not waiting.empty():
      following = waiting.get()
      if not isinstance(following, bytes):
        waiting.put(following)
        break
      batch.append(following)
    yield [x.decode("utf-8", "ignore").strip() for x in batch]
  if line is not None:
    raise line
