"""Fine-tunes keras-nlp's BertTextClassifier, to compare with run_classifier.

Same weights, features, batches, rates and scores: docs/results.md.
"""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags, logging

import bert_tf
from bert_tf.commands import command_line, shared_flags
from bert_tf.tasks.classification import known_tasks

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "task_name", None, "One of run_classifier's.", required=True
)
flags.DEFINE_string(
  "data_dir", None, "Where the task's .tsv files are.", required=True
)
shared_flags.define(
  "bert_config_file",
  "vocab_file",
  "init_checkpoint",
  "output_dir",
  "do_lower_case",
  "max_seq_length",
  "train_batch_size",
  "eval_batch_size",
  "learning_rate",
  "num_train_epochs",
  "warmup_proportion",
  "seed",
  required=("bert_config_file", "vocab_file", "init_checkpoint", "output_dir"),
)
flags.DEFINE_bool(
  "bias_correction",
  True,
  "Whether AdamW corrects the bias of its moments, as Keras has it; the "
  "original's optimizer does not.",
)
flags.DEFINE_string(
  "preset_dir",
  None,
  "A keras-nlp preset with the weights of --init_checkpoint. Default: made "
  "from it in --output_dir.",
)
flags.DEFINE_bool(
  "check_weights",
  True,
  "Compare keras-nlp's pooled vectors with ours before training.",
)
flags.DEFINE_integer("num_trials", 1, "Trainings, each with the next seed.")


def main() -> None:
  """Trains, evaluates and prints the scores."""
  # Imports keras-nlp, which takes seconds and is not needed for --help.
  from benchmarks import keras_nlp_classifier

  scores = keras_nlp_classifier.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    known_tasks.find(FLAGS.task_name),
    shared_flags.settings(keras_nlp_classifier.Settings),
  )
  for name, value in sorted(scores.items()):
    logging.info("%s = %.6g", name, value)


if __name__ == "__main__":
  command_line.run(main)
