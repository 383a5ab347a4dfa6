"""Answers to the original's files.

Source: run_squad.py, `write_predictions`.
"""

import json
import os
from collections.abc import Collection, Iterator
from typing import Any

from absl import logging

from bert_tf.system import files, output_files
from bert_tf.tasks.squad import answer_decoder
from bert_tf.training import eval_results

PREDICTIONS = "predictions.json"
NBEST = "nbest_predictions.json"
NULL_ODDS = "null_odds.json"


def contents(
  decoded: dict[str, answer_decoder.SpanAnswer],
) -> Iterator[tuple[str, Any]]:
  """Names and contents of the original's output files."""
  yield PREDICTIONS, {key: x.answer for key, x in decoded.items()}
  nbest = {}
  for key, found in decoded.items():
    nbest[key] = [
      {
        "text": candidate.text,
        "probability": candidate.probability,
        "start_logit": candidate.start_logit,
        "end_logit": candidate.end_logit,
      }
      for candidate in found.nbest
    ]
  yield NBEST, nbest
  odds = {key: x.null_odds for key, x in decoded.items()}
  if None not in odds.values():
    yield NULL_ODDS, odds


def write(
  folder: str, decoded: dict[str, answer_decoder.SpanAnswer]
) -> list[str]:
  """Writes the original's output files; returns their paths."""
  paths = []
  for name, content in contents(decoded):
    paths.append(os.path.join(folder, name))
    text = json.dumps(content, indent=4) + "\n"
    output_files.write_atomically(paths[-1], text.encode())
  return paths


def set_aside(folder: str, written: Collection[str]) -> None:
  """Renames what an earlier run left and this one, of other answers, has not.

  Renamed, not removed: scores may be all that a user keeps of a run.

  Args:
    folder: The output folder.
    written: Paths of the files that this run has written.
  """
  for name in (NULL_ODDS, eval_results.FILE):
    path = os.path.join(folder, name)
    if path not in written and files.exists(path):
      files.rename(path, path + ".old")
      logging.warning("%s is of earlier answers; it is %s.old now", path, name)
