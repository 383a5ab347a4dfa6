"""Pre-trains BERT on records of create_pretraining_data, and evaluates it."""

from absl import flags

import bert_tf
from bert_tf.commands import device_flags, shared_flags
from bert_tf.tasks.pretraining import run, settings
from bert_tf.training import optimizers

FLAGS = flags.FLAGS

shared_flags.define(
  "bert_config_file",
  "output_dir",
  "init_checkpoint",
  "allow_new_layers",
  "max_seq_length",
  "do_train",
  "do_eval",
  "train_batch_size",
  "eval_batch_size",
  "learning_rate",
  "max_predictions_per_seq",
  "num_train_steps",
  required=("bert_config_file", "output_dir"),
  texts={
    "max_seq_length": "Tokens of a sequence; as the records were made.",
    "max_predictions_per_seq": (
      "Masked words of a sequence; as the records were made."
    ),
  },
)
flags.DEFINE_string(
  "input_file", None, "Record files or globs, comma-separated.", required=True
)
flags.DEFINE_integer("num_warmup_steps", 10000, "Steps of warm-up.")
flags.DEFINE_integer("max_eval_steps", 100, "Steps of evaluation.")
device_flags.define()


def main() -> None:
  """Runs with the flags given."""
  run.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(settings.PretrainingSettings),
    shared_flags.settings(optimizers.OptimizerSettings, name=FLAGS.optimizer),
    device_flags.loop_settings(),
    device_flags.devices(),
  )
