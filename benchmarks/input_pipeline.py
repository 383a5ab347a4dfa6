"""Whether training waits for its records.

The same step is fed in turns from record files and with one batch over and
over; and the files are read alone, as fast as they can be.
"""

import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import training
from bert_tf import bert_config

_STEPS = 20  # of a round, so that what was read ahead does not count
_SEED = 1
_RECORDS, _CONSTANT, _ALONE = "records", "one batch", "records alone"


def run(
  config: bert_config.BertConfig,
  shape: tuple[int, int],
  rounds: int,
  text: str,
  vocab_file: str,
  lower: bool,
) -> list[dict[str, Any]]:
  """Times steps of pre-training.

  Args:
    config: Of the model.
    shape: Rows and length of a batch.
    rounds: How often each is timed.
    text: Records are made of this file.
    vocab_file: The vocabulary.
    lower: Whether it is an uncased one.
  """
  with tempfile.TemporaryDirectory() as folder:
    files = _write_records(folder, shape[1], text, vocab_file, lower)
    path = os.path.join(folder, "bert_config.json")
    pathlib.Path(path).write_text(config.to_json_string(), encoding="utf-8")
    step = training.train_step(path, "float32", "groups")
    batches = iter(_batches(files, config, shape))
    first = next(batches)

    def train(given: Any) -> None:
      np.asarray(step(given)["loss"])  # waits for it

    works: dict[str, Callable[[], object]] = {
      _CONSTANT: lambda: train(first),
      _RECORDS: lambda: train(next(batches)),
      _ALONE: lambda: next(batches),
    }
    seconds = _in_turns(works, rounds)
  title = f"B{shape[0]} S{shape[1]}"
  return [_row(title, name, seconds) for name in works]


def _write_records(
  folder: str, length: int, text: str, vocab_file: str, lower: bool
) -> str:
  from bert_tf.tasks.pretraining import record_generator, settings

  output = os.path.join(folder, "all.tfrecord")
  record_generator.create(
    settings.PretrainingDataConfig(
      (text,),
      (output,),
      vocab_file,
      do_lower_case=lower,
      max_seq_length=length,
      max_predictions_per_seq=training.PREDICTIONS,
      dupe_factor=1,
    )
  )
  return output


def _batches(path: str, config: Any, shape: tuple[int, int]) -> Any:
  """The batches of run_pretraining."""
  from bert_tf.inputs import input_pipeline, record_files
  from bert_tf.tasks.pretraining import reader, settings

  options = settings.PretrainingSettings(
    path, "", shape[1], training.PREDICTIONS, do_train=True
  )
  return input_pipeline.replica_batches(
    record_files.find(path),
    reader.schema(options.lengths()),
    reader.limits(config, options),
    input_pipeline.BatchSettings(shape[0], _SEED),
  )


def _in_turns(
  works: dict[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
  """Seconds of one step, by what is done and by round."""
  for work in works.values():
    work()
  seconds: dict[str, list[float]] = {name: [] for name in works}
  for _ in range(rounds):
    for name, work in works.items():
      started = time.perf_counter()
      for _ in range(_STEPS):
        work()
      seconds[name].append((time.perf_counter() - started) / _STEPS)
  return seconds


def _row(
  title: str, name: str, seconds: dict[str, list[float]]
) -> dict[str, Any]:
  pairs = zip(seconds[name], seconds[_CONSTANT], strict=True)
  return {
    "work": title,
    "contender": name,
    "seconds": statistics.median(seconds[name]),
    "least": min(seconds[name]),
    "most": max(seconds[name]),
    f"time over that of {_CONSTANT}": statistics.median(
      mine / constant for mine, constant in pairs
    ),
  }


def print_table(rows: list[dict[str, Any]]) -> None:
  """Prints medians of a step."""
  print(f"\n{rows[0]['work']}, milliseconds a step")
  for row in rows:
    print(
      f"{row['contender']:16}{1000 * row['seconds']:9.2f} "
      f"({1000 * row['least']:.2f} to {1000 * row['most']:.2f})"
      f"{row[f'time over that of {_CONSTANT}']:8.3f} / {_CONSTANT}"
    )
