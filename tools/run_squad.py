"""Fine-tunes BERT on SQuAD 1.1 or 2.0, answers questions, scores answers."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

import bert_tf
from bert_tf.tasks.squad import decoding, features, run
from tools import (
  command_line,
  device_flags,
  fine_tuning_flags,
  shared_flags,
)

FLAGS = flags.FLAGS

fine_tuning_flags.define(max_seq_length=384)
flags.DEFINE_string("train_file", None, "SQuAD's JSON to train on.")
flags.DEFINE_string("predict_file", None, "SQuAD's JSON to answer.")
shared_flags.define(*shared_flags.SPAN)
flags.DEFINE_bool(
  "verbose_logging", False, "Whether to log answers that were not aligned."
)
flags.DEFINE_bool(
  "batch_by_length",
  False,
  "Whether to predict without the padding of max_seq_length: sooner on CPU and "
  "GPU, but the n-best lists, and rarely an answer, differ from the original.",
)


def main() -> None:
  """Runs with the flags given."""
  run.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(
      run.SquadSettings,
      windows=shared_flags.settings(features.WindowSettings),
      decoding=shared_flags.settings(decoding.DecodingSettings),
    ),
    fine_tuning_flags.settings(),
    device_flags.loop_settings(),
    device_flags.devices(),
  )


if __name__ == "__main__":
  command_line.run(main)
