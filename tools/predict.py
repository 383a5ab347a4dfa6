"""Answers lines of standard input by a SavedModel, as JSON lines."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags, logging

from bert_tf.checkpoints import saved_model
from bert_tf.export import predicting
from bert_tf.layers import fusion
from tools import command_line, shared_flags

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "saved_model",
  None,
  "A SavedModel of export_saved_model, or its export_dir: the last version.",
  required=True,
)
shared_flags.define(
  "batch_size",
  texts={
    "batch_size": (
      "The most lines computed at once. A line is answered at once where no "
      "other is waiting."
    )
  },
)
flags.register_validator(
  "batch_size", lambda size: size > 0, "expected at least 1"
)


def main() -> None:
  """Runs with the flags given."""
  if saved_model.recognises(FLAGS.saved_model):  # of others nobody knows
    fusion.assume_frozen_weights()
  predictor = predicting.Predictor(FLAGS.saved_model)
  count = predicting.run(
    predictor, sys.stdin.buffer, sys.stdout, FLAGS.batch_size
  )
  logging.info("%d lines answered", count)


if __name__ == "__main__":
  command_line.run(main)
