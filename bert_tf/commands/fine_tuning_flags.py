"""Flags that the fine-tuning runners share."""

from absl import flags

from bert_tf.commands import device_flags, shared_flags
from bert_tf.training import fine_tuning_settings

flags.disclaim_key_flags()


def define(max_seq_length: int) -> None:
  """Defines them and the device flags.

  Args:
    max_seq_length: The default of the flag of that name.
  """
  shared_flags.define(
    "bert_config_file",
    "vocab_file",
    "output_dir",
    "init_checkpoint",
    "allow_new_layers",
    "do_lower_case",
    "max_seq_length",
    "do_train",
    "do_predict",
    "train_batch_size",
    "predict_batch_size",
    "learning_rate",
    "num_train_epochs",
    "warmup_proportion",
    required=("bert_config_file", "vocab_file", "output_dir"),
    max_seq_length=max_seq_length,
  )
  flags.DEFINE_integer(
    "freeze_layers",
    0,
    "So many first layers, and the embeddings, keep their weights.",
  )
  flags.DEFINE_integer(
    "eval_steps", 0, "Steps between evaluations while training; 0: none."
  )
  flags.DEFINE_string(
    "best_metric", None, "Metric by which the best checkpoint is kept and used."
  )
  flags.DEFINE_integer(
    "early_stopping_patience",
    0,
    "Evaluations without a better one after which training stops; 0: never.",
  )
  device_flags.define()


def settings() -> fine_tuning_settings.FineTuningSettings:
  """The settings of the fine-tuning."""
  return shared_flags.settings(fine_tuning_settings.FineTuningSettings)
