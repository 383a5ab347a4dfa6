"""Questions answered by a span of a context, in NumPy.

What `export/span_module.py` computes in the graph of a SavedModel.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bert_tf.runtimes import engines, runtime_folder
from bert_tf.tasks.squad import (
  answer_alignment,
  answer_decoder,
  examples,
  reader,
)
from bert_tf.tasks.squad import settings as squad_settings
from bert_tf.text import text_lines


def answer(
  lines: Sequence[text_lines.Line],
  folder: runtime_folder.RuntimeFolder,
  run: engines.Engine,
) -> Iterator[dict[str, Any]]:
  """`answer`, `start`, `end`, `score` and `null_odds` of each question."""
  settings = folder.settings
  questions = [
    reader.Example(str(index), line.text_a, reader.Context(line.text_b or ""))
    for index, line in enumerate(lines)
  ]
  windowing = squad_settings.WindowSettings(
    settings.max_seq_length, settings.doc_stride, settings.max_query_length
  )
  windows = list(examples.make(questions, folder.tokenizer, windowing))
  columns = examples.columns(windows, settings.max_seq_length)
  inputs = {name: columns[name] for name in examples.MODEL_INPUTS}
  logits: list[list[engines.Row]] = [[] for _ in lines]
  for window, row in zip(windows, run(inputs), strict=True):
    # Padding takes no part.
    own = {name: x[: len(window.ids)] for name, x in row.items()}
    logits[window.example_index].append(own)
  place = answer_alignment.PLACERS[
    settings.answer_alignment or squad_settings.ORIGINAL
  ](folder.tokenizer.rules)
  decoding = squad_settings.DecodingSettings(
    settings.n_best_size, settings.max_answer_length
  )
  of_question: list[list[examples.Window]] = [[] for _ in lines]
  for window in windows:
    of_question[window.example_index].append(window)
  for own_windows, rows in zip(of_question, logits, strict=True):
    best, null = answer_decoder.best_span(
      own_windows,
      [row["start_logits"].tolist() for row in rows],
      [row["end_logits"].tolist() for row in rows],
      decoding,
    )
    yield _answer(best, null, own_windows, place, settings)


def _answer(
  best: answer_decoder.Span | None,
  null: float,
  windows: Sequence[examples.Window],
  place: answer_alignment.Place,
  settings: Any,
) -> dict[str, Any]:
  score = best.start_logit + best.end_logit if best else 0.0
  odds = null - score if best else answer_decoder.NO_SCORE
  placed = answer_alignment.Placed("", -1, -1)
  is_null = (
    settings.version_2_with_negative
    and odds > settings.null_score_diff_threshold
  )
  if best and not is_null:
    placed = place(windows[best.window], best.start, best.end)
  return {
    "answer": placed.text,
    "start": placed.start,
    "end": placed.end,
    "score": np.float32(score),
    "null_odds": np.float32(odds),
  }
