"""Times parts of the project against other ways to the same thing.

Everything is timed in turns in one run, so that a busy machine slows all alike.

`python -m benchmarks.benchmark --what=tokenizer --input=T --vocab_file=V`
"""

import json
import sys
from pathlib import Path
from typing import Any

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(Path(__file__).resolve().parents[1])

from absl import flags

from benchmarks import samples, timing, tokenizers
from bert_tf import bert_config
from bert_tf.commands import command_line, shared_flags
from bert_tf.system import output_files

FLAGS = flags.FLAGS
_TOKENIZERS = {
  "tokenizer": tokenizers.in_python,
  "in_graph_tokenizer": tokenizers.in_graph,
}

_RECORDS = ("pretraining_data", "featurizing")
_ON_TEXT = ("input_pipeline", "fine_tuning", "packed_training")
_MODELS = ("forward", "ragged", "load", "training", *_ON_TEXT)
# What these cannot do without.
_NEEDED = dict.fromkeys(_TOKENIZERS, ("vocab_file",)) | dict.fromkeys(
  (*_RECORDS, *_ON_TEXT), ("vocab_file", "input")
)

_WHAT = flags.DEFINE_enum(
  "what", "tokenizer", [*_TOKENIZERS, *_RECORDS, *_MODELS], "The part to time."
)
_INPUT = flags.DEFINE_string(
  "input",
  None,
  "A text file. Without it, for tokenizers: made-up lines in many scripts. For "
  "featurizing: TASK:FOLDER of run_classifier, or a JSON file of run_squad. "
  "For fine_tuning and packed_training: TASK:FOLDER; for fine_tuning also "
  "squad:FILE.",
)
shared_flags.define(
  "vocab_file",
  "do_lower_case",
  "bert_config_file",
  "dupe_factor",
  "max_seq_length",
  texts={"bert_config_file": "Of the model; BERT-base if not given."},
  dupe_factor=5,
)
_ROUNDS = flags.DEFINE_integer(
  "rounds", 5, "How often everything is timed.", lower_bound=1
)
_CLOCK = flags.DEFINE_enum(
  "clock", "wall", list(timing.CLOCKS), "Time as it passes, or of all cores."
)
_JSON = flags.DEFINE_string(
  "json", None, "Also write the results to this file; not of tokenizers."
)
_SHAPES = flags.DEFINE_list(
  "shapes",
  ["8x128", "32x128", "4x384"],
  "Rows and length of batches; training takes the first.",
)
_CONTENDERS = flags.DEFINE_list(
  "contenders", [], "Of forward, training and fine_tuning; all if empty."
)

_SAMPLE_LINES = 10_000


def main() -> None:
  """Times and prints a table."""
  for name in _NEEDED.get(_WHAT.value, ()):
    if FLAGS[name].value is None:
      raise ValueError(f"--what={_WHAT.value} needs --{name}")
  if _WHAT.value in _MODELS:
    _time_models()
  elif _WHAT.value in _RECORDS:
    _time_record_making()
  else:
    _time_tokenizers()


def _time_models() -> None:
  from benchmarks import (
    fine_tuning,
    forward,
    input_pipeline,
    packed_training,
    record_making,
    training,
  )

  config = bert_config.BertConfig(vocab_size=30522)
  if FLAGS.bert_config_file is not None:
    config = bert_config.BertConfig.from_json_file(FLAGS.bert_config_file)
  shapes = [forward.parse_shape(text) for text in _SHAPES.value]
  rounds, names = _ROUNDS.value, _CONTENDERS.value
  print_table = forward.print_table
  match _WHAT.value:
    case "forward":
      rows = forward.run(config, shapes, rounds, names)
    case "ragged":
      rows = forward.run_ragged(config, rounds)
    case "load":
      rows = forward.run_loading(config, rounds)
    case "training":
      rows = training.run(config, shapes[0], rounds, names)
      print_table = training.print_table
    case "input_pipeline":
      rows = input_pipeline.run(config, shapes[0], rounds, *_text_arguments())
      print_table = input_pipeline.print_table
    case "fine_tuning":
      text, vocab_file, lower = _text_arguments()
      rows = fine_tuning.run(
        *(text, vocab_file, lower, config, rounds),
        *(FLAGS.max_seq_length, names),
      )
      print_table = record_making.print_table
    case "packed_training":
      text, vocab_file, lower = _text_arguments()
      rows = packed_training.run(
        text, vocab_file, lower, config, rounds, FLAGS.max_seq_length
      )
      print_table = packed_training.print_table
  print_table(rows)
  _write_json(rows)


def _write_json(rows: Any) -> None:
  if _JSON.value is not None:
    output_files.write_atomically(
      _JSON.value, json.dumps(rows, indent=1).encode()
    )


def _text_arguments() -> tuple[str, str, bool]:
  """A text, a vocabulary and its kind."""
  return _INPUT.value, FLAGS.vocab_file, FLAGS.do_lower_case


def _time_record_making() -> None:
  from benchmarks import featurizing, record_making

  if _WHAT.value == "featurizing":
    rows = featurizing.run(*_text_arguments(), _ROUNDS.value)
  else:
    rows = record_making.pretraining_data(
      *_text_arguments(), FLAGS.dupe_factor, _ROUNDS.value
    )
  record_making.print_table(rows)
  _write_json(rows)


def _time_tokenizers() -> None:
  lines = samples.mixed_scripts(_SAMPLE_LINES)
  if _INPUT.value is not None:
    lines = Path(_INPUT.value).read_text(encoding="utf-8").split("\n")
  contenders = _TOKENIZERS[_WHAT.value](
    lines, FLAGS.vocab_file, FLAGS.do_lower_case
  )
  megabytes = len("\n".join(lines).encode()) / 1e6
  seconds = timing.time_in_turns(contenders, _ROUNDS.value, _CLOCK.value)
  print(f"{megabytes:.1f} MB, median of {_ROUNDS.value} rounds (least to most)")
  timing.print_rates(seconds, megabytes, "MB/s")


if __name__ == "__main__":
  command_line.run(main)
