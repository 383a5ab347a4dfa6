r"""Fine-tunes BERT to choose one of several endings or answers, and applies it.

Example:
  bert_tf run_multiple_choice --task_name=swag --data_dir=swag \
    --output_dir=out/swag --do_train --do_eval --max_seq_length=80 \
    --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

from bert_tf.commands import (
  closing_block,
  fine_tuning_flags,
  shared_flags,
)
from bert_tf.tasks.multiple_choice import settings

FLAGS = flags.FLAGS
_TSV_FLAGS = (
  "context_column",
  "question_column",
  "ending_prefix",
  "label_column",
  "quoting",
)

flags.DEFINE_string("data_dir", None, "Directory with the task's files.")
for _name, _text in (
  ("train_file", "Training file"),
  ("dev_file", "Evaluation file"),
  ("test_file", "Test file"),
):
  flags.DEFINE_string(_name, None, f"{_text}, instead of the one in data_dir.")
flags.DEFINE_enum(
  "task_name",
  None,
  settings.TASKS,
  "The form of the files: SWAG's CSV, RACE's or ARC's JSON, or tsv for tables "
  "train, dev and test of your own: TSV, CSV, JSON Lines, Parquet or saved "
  "datasets.",
  required=True,
)
flags.DEFINE_string("context_column", "context", "tsv: column of the text.")
flags.DEFINE_string(
  "question_column",
  None,
  "tsv: column of the question about the text, which is put before each "
  "choice. Default: question, if there is such a column.",
)
flags.DEFINE_string(
  "ending_prefix",
  "ending_",
  "tsv: the columns of the choices are named this and a number, from 0.",
)
flags.DEFINE_string(
  "label_column", "label", "tsv: column of the right choice's number, from 0."
)
shared_flags.define("do_eval", "eval_batch_size", "encoding", "quoting")
fine_tuning_flags.define(max_seq_length=128)


def _check_flags() -> None:
  """Checks that flags of tables are given for tables alone."""
  given = [name for name in _TSV_FLAGS if FLAGS[name].present]
  if given and FLAGS.task_name != settings.TSV:
    raise ValueError(
      f"--{given[0]} is for --task_name={settings.TSV} only; files of "
      f"{FLAGS.task_name} have their own form"
    )


def main() -> None:
  """Runs with the flags given."""
  closing = closing_block.Closing()
  _check_flags()
  told = fine_tuning_flags.run_arguments(settings.MultipleChoiceSettings)
  from bert_tf.tasks.multiple_choice import run

  run.run(*told)
  closing.say(
    "export_saved_model",
    {
      "model_type": "multiple_choice",
      "export_dir": f"{FLAGS.output_dir}/export",
    },
  )
