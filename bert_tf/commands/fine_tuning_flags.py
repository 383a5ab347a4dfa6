"""Flags that the fine-tuning runners share."""

from collections.abc import Collection
from typing import Any

from absl import flags

from bert_tf import bert_config
from bert_tf.commands import device_flags, model_flags, shared_flags
from bert_tf.training import fine_tuning_settings

FLAGS = flags.FLAGS
flags.disclaim_key_flags()


BESIDE = ("bert_config_file", "vocab_file")


def define(max_seq_length: int, beside: Collection[str] = BESIDE) -> None:
  """Defines them and the device flags.

  Args:
    max_seq_length: The default of the flag of that name.
    beside: Flags that have to be given unless --init_checkpoint has such a
      file beside it.
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
    required=("output_dir",),
    beside=beside,
    max_seq_length=max_seq_length,
  )
  shared_flags.define("init_from_layers")
  flags.DEFINE_string(
    "teacher_checkpoint",
    None,
    "Distillation: a checkpoint fine-tuned for the same task, whose logits are "
    "learned beside the labels. Its vocabulary lies beside it.",
  )
  flags.DEFINE_float(
    "distillation_temperature",
    2.0,
    "Distillation: temperature of the softmax of teacher and student.",
  )
  flags.DEFINE_float(
    "distillation_weight",
    0.5,
    "Distillation: weight of the teacher's part of the loss; the labels' part "
    "has the rest, up to 1.",
  )
  flags.DEFINE_integer(
    "freeze_layers",
    0,
    "Freeze the embeddings and this many of the lowest encoder layers "
    "(0 trains everything).",
  )
  flags.DEFINE_float(
    "layer_decay",
    1.0,
    "Factor of the learning rate from each layer to the one below it: the head "
    "has the full rate, the embeddings the lowest (1 disables).",
  )
  flags.DEFINE_integer(
    "eval_steps",
    0,
    "Number of steps between evaluations during training (0 disables them).",
  )
  flags.DEFINE_string(
    "best_metric",
    None,
    "Keep and use the checkpoint that is best by this metric. Metrics whose "
    "name ends in `loss` are minimized, all others maximized.",
  )
  flags.DEFINE_integer(
    "early_stopping_patience",
    0,
    "Stop after this many evaluations without an improvement of "
    "--best_metric (0 disables).",
  )
  device_flags.define()


def settings() -> fine_tuning_settings.FineTuningSettings:
  """The settings of the fine-tuning."""
  return shared_flags.settings(
    fine_tuning_settings.FineTuningSettings,
    init_from_layers=model_flags.layers(FLAGS.init_from_layers),
  )


def run_arguments(task: type[Any], **values: Any) -> tuple[Any, ...]:
  """The arguments of a task's `run.run`.

  Args:
    task: The class of the task's own settings.
    **values: Those that are not flags of the same name.

  Returns:
    The configuration, the task's settings, and those of fine-tuning, training
    and devices.
  """
  return (
    bert_config.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(task, **values),
    settings(),
    device_flags.training(),
    device_flags.devices(),
  )
