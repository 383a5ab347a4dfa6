"""Vectors to files: JSON lines, arrays or records. Whole or not at all."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf.records import record_writer
from bert_tf.system import output_files
from bert_tf.tasks.vectors import line_vectors, npz_vectors

_DECIMALS = 6


@dataclasses.dataclass(frozen=True)
class Layout:
  """What the lines' values are, all of them alike.

  Attributes:
    layers: The layers' indices as given, L of them.
    rows: Rows of values of each line: tokens, words, or 1 if pooled.
    width: H, numbers of a vector.
    pooled: Whether a line has one vector a layer.
  """

  layers: tuple[int, ...]
  rows: tuple[int, ...]
  width: int
  pooled: bool = False


Write = Callable[[line_vectors.LineVectors], None]


def as_json(vectors: line_vectors.LineVectors, layers: Sequence[int]) -> str:
  """One line of JSON. Source: extract_features.py ("linex_index" is its).

  Pooled lines have "layers" where others have "features", words have "start"
  and "end" beside "token".
  """
  # Exact: a float32 times 10^6 fits into a float64, so that this rounds as
  # `round(x, 6)` does, at once.
  values = np.round(vectors.values.astype(np.float64), _DECIMALS).tolist()
  line: dict[str, Any] = {"linex_index": vectors.index}
  if vectors.values.ndim == 2:
    line["layers"] = _layers(layers, values)
  elif vectors.words:
    line["features"] = [
      {
        "token": word.text,
        "start": word.start,
        "end": word.end,
        "layers": _layers(layers, row),
      }
      for word, row in zip(vectors.words, values, strict=True)
    ]
  else:
    line["features"] = [
      {"token": token, "layers": _layers(layers, row)}
      for token, row in zip(vectors.tokens, values, strict=True)
    ]
  return json.dumps(line)


def _layers(layers: Sequence[int], values: list[Any]) -> list[dict[str, Any]]:
  return [
    {"index": index, "values": row}
    for index, row in zip(layers, values, strict=True)
  ]


@contextlib.contextmanager
def _json(path: str, layout: Layout) -> Iterator[Write]:
  with output_files.writing(path) as file:

    def write(vectors: line_vectors.LineVectors) -> None:
      file.write(as_json(vectors, layout.layers).encode() + b"\n")

    yield write


@contextlib.contextmanager
def _npz(path: str, layout: Layout) -> Iterator[Write]:
  """All values in one array, written as they come; see `npz_vectors`."""
  with (
    output_files.writing(path) as file,
    npz_vectors.Writer(file, layout.layers, layout.rows, layout.width) as npz,
  ):

    def write(vectors: line_vectors.LineVectors) -> None:
      npz.add_values(vectors.values)
      if not layout.pooled:
        npz.add_tokens(vectors.tokens or [w.text for w in vectors.words])
      if vectors.words:
        npz.add_spans([(w.start, w.end) for w in vectors.words])

    yield write


@contextlib.contextmanager
def _tfrecord(path: str, layout: Layout) -> Iterator[Write]:
  """One tf.Example a line: `linex_index`, `layers`, `shape`, flat `values`.

  And `tokens`, and of words `char_starts` and `char_ends`.
  """
  with record_writer.RecordWriter(path) as writer:

    def write(vectors: line_vectors.LineVectors) -> None:
      writer.write(_example(vectors, layout.layers).SerializeToString())

    yield write


def _example(vectors: line_vectors.LineVectors, layers: Sequence[int]) -> Any:
  example = tf.train.Example()
  entries = example.features.feature
  ints = {
    "linex_index": [vectors.index],
    "layers": layers,
    "shape": vectors.values.shape,
  }
  if vectors.words:
    ints["char_starts"] = [word.start for word in vectors.words]
    ints["char_ends"] = [word.end for word in vectors.words]
  for name, numbers in ints.items():
    entries[name].int64_list.value.extend(numbers)
  tokens = vectors.tokens or [word.text for word in vectors.words]
  if tokens:
    texts = [token.encode() for token in tokens]
    entries["tokens"].bytes_list.value.extend(texts)
  entries["values"].float_list.value.extend(vectors.values.ravel().tolist())
  return example


_Open = Callable[[str, Layout], contextlib.AbstractContextManager[Write]]
FORMATS: dict[str, _Open] = {"json": _json, "npz": _npz, "tfrecord": _tfrecord}
