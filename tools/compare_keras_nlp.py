"""Fine-tunes keras-nlp's BertTextClassifier, to compare with run_classifier.

Same weights, features, batches, rates and scores: docs/results.md.
"""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags, logging

import bert_tf
from bert_tf.tasks.classification import table
from tools import command_line

FLAGS = flags.FLAGS

for _name, _help in (
  ("task_name", "The task, of one label: cola, mrpc, sst-2 and so on."),
  ("data_dir", "Where the task's .tsv files are."),
  ("bert_config_file", "bert_config.json of the model."),
  ("vocab_file", "The vocabulary of the model."),
  ("init_checkpoint", "The pre-trained model to start from."),
  (
    "output_dir",
    "Gets preset/, train.tf_record and, of several trials, trials.tsv.",
  ),
):
  flags.DEFINE_string(_name, None, _help, required=True)
flags.DEFINE_bool("do_lower_case", True, "False for cased models.")
flags.DEFINE_integer("max_seq_length", 128, "Tokens of a sequence.")
flags.DEFINE_integer("train_batch_size", 32, "Examples of a training step.")
flags.DEFINE_integer("eval_batch_size", 8, "Examples of an evaluation batch.")
flags.DEFINE_float("learning_rate", 5e-5, "The peak of the learning rate.")
flags.DEFINE_float("num_train_epochs", 3.0, "Times through the examples.")
flags.DEFINE_float("warmup_proportion", 0.1, "Share of steps that warm up.")
flags.DEFINE_integer("seed", 12345, "Of data order, dropout and the new head.")
flags.DEFINE_integer("num_trials", 1, "Trainings, each with the next seed.")


def main() -> None:
  """Trains, evaluates and prints the scores."""
  # Imports keras-nlp, which takes seconds and is not needed for --help.
  from tools.peers import keras_nlp_classifier

  scores = keras_nlp_classifier.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    table.find(FLAGS.task_name),
    keras_nlp_classifier.Settings(
      data_dir=FLAGS.data_dir,
      vocab_file=FLAGS.vocab_file,
      init_checkpoint=FLAGS.init_checkpoint,
      output_dir=FLAGS.output_dir,
      do_lower_case=FLAGS.do_lower_case,
      max_seq_length=FLAGS.max_seq_length,
      train_batch_size=FLAGS.train_batch_size,
      eval_batch_size=FLAGS.eval_batch_size,
      learning_rate=FLAGS.learning_rate,
      num_train_epochs=FLAGS.num_train_epochs,
      warmup_proportion=FLAGS.warmup_proportion,
      seed=FLAGS.seed,
      num_trials=FLAGS.num_trials,
    ),
  )
  for name, value in sorted(scores.items()):
    logging.info("%s = %.6g", name, value)


if __name__ == "__main__":
  command_line.run(main)
