"""Lines in, JSON lines out, by a SavedModel."""

import json
import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  brings the ops of tokenization

from bert_tf.export import saved_model
from bert_tf.text import lines

_MODEL_FILE = "saved_model.pb"


def find(path: str) -> str:
  """The SavedModel that `path` stands for.

  Args:
    path: A SavedModel, or an export folder, of which the last version counts.

  Raises:
    FileNotFoundError: There is none.
  """
  if tf.io.gfile.exists(os.path.join(path, _MODEL_FILE)):
    return path
  found = saved_model.versions(path)
  if not found:
    raise FileNotFoundError(
      f"{path}: expected a SavedModel ({_MODEL_FILE}), or a folder with "
      "versions of one (1, 2, ...), found neither"
    )
  return os.path.join(path, str(found[-1]))


class Predictor:
  """A SavedModel that answers texts.

  Args:
    path: As of `find`.

  Raises:
    FileNotFoundError: There is no SavedModel.
    ValueError: It does not take text.
  """

  def __init__(self, path: str):
    self._loaded = tf.saved_model.load(find(path))
    signature = self._loaded.signatures.get("serving_default")
    inputs = signature.structured_input_signature[1] if signature else {}
    if "text" not in inputs or set(inputs) - {"text", "text_pair"}:
      raise ValueError(
        f"{path}: expected a signature serving_default of `text` and perhaps "
        f"`text_pair`, found {sorted(inputs) or 'none'}; export the model by "
        "tools/export_saved_model"
      )
    self._signature = signature
    self._takes_pairs = "text_pair" in inputs

  def answer(self, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Answers texts, or pairs "a ||| b".

    Returns:
      For each text what JSON can hold: `text`, `text_pair` if there is one,
      and the outputs of the model by name.
    """
    parsed = [lines.parse(text) for text in texts]
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
  waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=4 * size)

  def read() -> None:
    for line in reader:
      waiting.put(line)
    waiting.put(None)

  threading.Thread(target=read, daemon=True).start()
  while (line := waiting.get()) is not None:
    batch = [line]
    while len(batch) < size and not waiting.empty():
      following = waiting.get()
      if following is None:
        waiting.put(None)
        break
      batch.append(following)
    yield [x.decode("utf-8", "ignore").strip() for x in batch]
