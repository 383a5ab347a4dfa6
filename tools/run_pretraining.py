"""Pre-trains BERT on records of create_pretraining_data, and evaluates it."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

import bert_tf
from bert_tf.tasks.pretraining import run
from bert_tf.training import optimizer
from tools import command_line, device_flags

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "bert_config_file", None, "bert_config.json of the model.", required=True
)
flags.DEFINE_string(
  "input_file", None, "Record files or globs, comma-separated.", required=True
)
flags.DEFINE_string(
  "output_dir", None, "Where checkpoints, events and results go.", required=True
)
flags.DEFINE_string(
  "init_checkpoint", None, "Checkpoint to start from, most often a BERT's."
)
flags.DEFINE_integer(
  "max_seq_length", 128, "Tokens of a sequence; as the records were made."
)
flags.DEFINE_integer(
  "max_predictions_per_seq",
  20,
  "Masked words of a sequence; as the records were made.",
)
flags.DEFINE_bool("do_train", False, "Whether to train.")
flags.DEFINE_bool("do_eval", False, "Whether to evaluate.")
flags.DEFINE_integer("train_batch_size", 32, "Examples of a training step.")
flags.DEFINE_integer("eval_batch_size", 8, "Examples of an evaluation step.")
flags.DEFINE_float("learning_rate", 5e-5, "The peak of the learning rate.")
flags.DEFINE_integer("num_train_steps", 100000, "Steps of training.")
flags.DEFINE_integer("num_warmup_steps", 10000, "Steps of warm-up.")
flags.DEFINE_integer("max_eval_steps", 100, "Steps of evaluation.")
device_flags.define()


def main() -> None:
  """Runs with the flags given."""
  run.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    run.PretrainingSettings(
      input_file=FLAGS.input_file,
      output_dir=FLAGS.output_dir,
      max_seq_length=FLAGS.max_seq_length,
      max_predictions_per_seq=FLAGS.max_predictions_per_seq,
      init_checkpoint=FLAGS.init_checkpoint,
      do_train=FLAGS.do_train,
      do_eval=FLAGS.do_eval,
      eval_batch_size=FLAGS.eval_batch_size,
      max_eval_steps=FLAGS.max_eval_steps,
    ),
    optimizer.OptimizerSettings(
      FLAGS.optimizer,
      FLAGS.learning_rate,
      FLAGS.num_train_steps,
      FLAGS.num_warmup_steps,
    ),
    device_flags.loop_settings(),
    device_flags.devices(),
  )


if __name__ == "__main__":
  command_line.run(main)
