"""Fine-tunes BERT to label words, such as named entities, and applies it."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

import bert_tf
from bert_tf.tasks.tagging import run, settings
from tools import (
  command_line,
  device_flags,
  fine_tuning_flags,
  shared_flags,
)

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "data_dir", None, "Holds train.txt, dev.txt, test.txt, or .conll, .tsv, .bio."
)
flags.DEFINE_string("train_file", None, "Instead of the one in data_dir.")
flags.DEFINE_string("dev_file", None, "Instead of the one in data_dir.")
flags.DEFINE_string("test_file", None, "Instead of the one in data_dir.")
flags.DEFINE_string(
  "labels",
  None,
  "Labels with commas between, or a file with one a line; unset: those that "
  "occur in the training file.",
)
flags.DEFINE_integer(
  "label_column", -1, "Column of the label, from 0, or from -1, the last."
)
shared_flags.define("do_eval", "eval_batch_size")
fine_tuning_flags.define(max_seq_length=128)


def main() -> None:
  """Runs with the flags given."""
  run.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(settings.TaggingSettings),
    fine_tuning_flags.settings(),
    device_flags.loop_settings(),
    device_flags.devices(),
  )


if __name__ == "__main__":
  command_line.run(main)
