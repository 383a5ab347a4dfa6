"""A whole fine-tuning as a user runs it: the command, from start to end.

The data have the lengths that they have. Padded and packed runs train on the
same batches in the same order; without dropout they are first seen to end with
the same loss.
"""

import itertools
import json
import os
import pathlib
import tempfile
from typing import Any

from benchmarks import record_making
from bert_tf import bert_config

_PADDED, _PACKED = "padded", "packed"
_FLAGS = {
  _PADDED: ["--nopack"],
  _PACKED: ["--pack"],
  "packed, bfloat16": ["--pack", "--precision=mixed_bfloat16"],
}
_CHECKED_LINES = 321  # of each file: a header, and ten batches
_TOLERANCE = 1e-4  # of the loss, after ten steps and an evaluation


def run(
  data: str,
  vocab_file: str,
  lower: bool,
  config: bert_config.BertConfig,
  rounds: int,
  max_seq_length: int = 128,
) -> list[dict[str, Any]]:
  """Times one epoch and an evaluation, in turns.

  Args:
    data: TASK:FOLDER, as run_classifier takes them.
    vocab_file: The vocabulary.
    lower: Whether text is lower-cased.
    config: Of the model, whose weights are new.
    rounds: How often everything is timed.
    max_seq_length: That padded runs compute.

  Raises:
    RuntimeError: A run fails, or padded and packed ones differ.
  """
  task, _, folder = data.partition(":")
  flags = [
    *("--do_train", "--do_eval", "--num_train_epochs=1", "--verbosity=-1"),
    *(f"--task_name={task}", f"--vocab_file={vocab_file}"),
    *(f"--do_lower_case={lower}", f"--max_seq_length={max_seq_length}"),
  ]
  with tempfile.TemporaryDirectory() as place:
    _check(flags, folder, config, place)
    path = _write(config, os.path.join(place, "config.json"))
    flags += [f"--data_dir={folder}", f"--bert_config_file={path}"]
    contenders = {
      f"{task}, {name}": _contender([*flags, *own], place)
      for name, own in _FLAGS.items()
    }
    runs = record_making.in_turns(contenders, rounds)
  padded, *others = contenders
  return record_making.table(runs, dict.fromkeys(others, padded))


def _contender(flags: list[str], place: str) -> record_making.Contender:
  """Each run has an output folder of its own, or it would go on with one."""

  def measured() -> record_making.Run:
    folder = tempfile.mkdtemp(dir=place)
    output = f"--output_dir={folder}"
    return record_making.process("-m", "tools.run_classifier", *flags, output)()

  return measured


def _check(
  flags: list[str], folder: str, config: bert_config.BertConfig, place: str
) -> None:
  """Checks on a few examples, without dropout, that both train alike."""
  few = pathlib.Path(place, "few")
  few.mkdir()
  for file in pathlib.Path(folder).glob("*.tsv"):
    with file.open(encoding="utf-8") as lines:
      text = "".join(itertools.islice(lines, _CHECKED_LINES))
    (few / file.name).write_text(text, encoding="utf-8")
  path = _write(config.without_dropout(), os.path.join(place, "without.json"))
  losses = {}
  for name in (_PADDED, _PACKED):
    output = os.path.join(place, name)
    record_making.process(
      *("-m", "tools.run_classifier", *flags, *_FLAGS[name]),
      *(f"--data_dir={few}", f"--bert_config_file={path}"),
      f"--output_dir={output}",
    )()
    text = pathlib.Path(output, "eval_results.txt").read_text(encoding="utf-8")
    results = dict(line.split(" = ") for line in text.splitlines())
    losses[name] = float(results["eval_loss"])
  difference = abs(losses[_PADDED] - losses[_PACKED])
  if difference > _TOLERANCE:
    raise RuntimeError(
      f"padded and packed runs end with other losses: {losses}"
    )


def _write(config: bert_config.BertConfig, path: str) -> str:
  text = json.dumps(config.to_dict())
  pathlib.Path(path).write_text(text, encoding="utf-8")
  return path
