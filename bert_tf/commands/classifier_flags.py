"""Flags of the commands that classify texts, and what they do."""

from collections.abc import Collection
from typing import Any

from absl import flags

from bert_tf import bert_config
from bert_tf.commands import (
  closing_block,
  device_flags,
  fine_tuning_flags,
  shared_flags,
)
from bert_tf.tasks.classification import (
  known_tasks,
  settings,
  task_definition,
)

FLAGS = flags.FLAGS
flags.disclaim_key_flags()
_TSV_FLAGS = (
  "text_column",
  "text_pair_column",
  "label_column",
  "task_type",
  "labels",
  "label_separator",
  "encoding",
  "quoting",
)
# What export_saved_model calls each kind of task.
_MODEL_TYPES = {
  task_definition.SINGLE_LABEL: "classifier",
  task_definition.MULTI_LABEL: "multilabel",
  task_definition.REGRESSION: "regressor",
}


def define(beside: Collection[str] = fine_tuning_flags.BESIDE) -> None:
  """Defines them; `beside` as of `fine_tuning_flags.define`."""
  flags.DEFINE_string(
    "data_dir", None, "Directory with the task's files.", required=True
  )
  flags.DEFINE_string(
    "task_name",
    None,
    f"The task: {', '.join(known_tasks.NAMES)}, or {known_tasks.TSV} for "
    "tables train, dev and test of your own: TSV, CSV, JSON Lines, Parquet or "
    "saved datasets.",
    required=True,
  )
  flags.DEFINE_string("text_column", "text", "tsv: name of the text column.")
  flags.DEFINE_string(
    "text_pair_column", None, "tsv: name of the column of a second text."
  )
  flags.DEFINE_string("label_column", "label", "tsv: name of the label column.")
  flags.DEFINE_enum(
    "task_type",
    task_definition.SINGLE_LABEL,
    task_definition.KINDS,
    "tsv: one label, several separated labels, or a number per text.",
  )
  flags.DEFINE_list(
    "labels",
    None,
    "tsv: labels, in order. Default: those of the training data, sorted.",
  )
  flags.DEFINE_string(
    "label_separator", ",", "tsv: separator between the labels of a text."
  )
  shared_flags.define("quoting")
  flags.DEFINE_bool(
    "test_results_header",
    False,
    "Write the labels as the first line of test_results.tsv.",
  )
  flags.DEFINE_bool(
    "skip_bad_lines",
    False,
    "Skip malformed lines of the train and dev files instead of failing.",
  )
  shared_flags.define(
    "do_eval",
    "eval_batch_size",
    "encoding",
    "class_weights",
    "label_smoothing",
    "num_trials",
    "num_folds",
  )
  fine_tuning_flags.define(max_seq_length=128, beside=beside)


def _task() -> task_definition.TaskDefinition:
  """The task that the flags name."""
  if FLAGS.task_name.lower() != known_tasks.TSV:
    given = [name for name in _TSV_FLAGS if FLAGS[name].present]
    if given:
      raise ValueError(
        f"--{given[0]} is for --task_name={known_tasks.TSV} only; the task "
        f"{FLAGS.task_name} has its own columns and labels"
      )
    return known_tasks.find(FLAGS.task_name)
  return known_tasks.tsv(
    FLAGS.text_column,
    FLAGS.text_pair_column,
    FLAGS.label_column,
    FLAGS.task_type,
    tuple(FLAGS.labels or ()),
    FLAGS.label_separator,
  )


def run(config: bert_config.BertConfig, **others: Any) -> None:
  """Runs with the flags given.

  Args:
    config: The model's sizes.
    **others: Settings that are not the flags', as of `shared_flags.settings`.
  """
  closing = closing_block.Closing()
  told = (
    config,
    _task(),
    shared_flags.settings(settings.ClassificationSettings, **others),
    fine_tuning_flags.settings(),
    device_flags.training(),
    device_flags.devices(),
  )
  from bert_tf.tasks.classification import run as classification_run

  classification_run.run(*told)
  if FLAGS.num_folds > 1:
    closing.say()
    return
  closing.say(
    "export_saved_model",
    {
      "model_type": _MODEL_TYPES[told[1].kind],
      "export_dir": f"{FLAGS.output_dir}/export",
    },
  )
