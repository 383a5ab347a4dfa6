"""What run_multiple_choice is told, fine-tuning and devices apart."""

import dataclasses

from bert_tf.inputs import model_inputs
from bert_tf.tables import table_form
from bert_tf.training import fine_tuning_settings

SWAG, RACE, ARC, TSV = "swag", "race", "arc", "tsv"
TASKS = (SWAG, RACE, ARC, TSV)


@dataclasses.dataclass(frozen=True)
class MultipleChoiceSettings:
  """What is done, and with which files.

  Attributes:
    task_name: One of `TASKS`: how the files are laid out.
    vocab_file: The model's vocabulary.
    data_dir: Holds the files of the task.
    train_file: Instead of the one in `data_dir`.
    dev_file: The same.
    test_file: The same.
    context_column: "tsv": the column of the text.
    question_column: "tsv": the column of the question, which is put before
      each choice; None takes "question" where there is such a column.
    ending_prefix: "tsv": what the names of the columns of choices begin with;
      numbers from 0 follow.
    label_column: "tsv": the column of the right choice's number, from 0.
    encoding: As of `table_form.TableForm`.
    quoting: The same.
    do_lower_case: Whether text is lower-cased; None takes what the
      files of the model say, else True.
    max_seq_length: Tokens of a text and a choice.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    do_predict: Whether to predict.
    eval_batch_size: Questions of an evaluation batch.
    predict_batch_size: Questions predicted at once.
  """

  task_name: str
  vocab_file: str
  data_dir: str | None = None
  train_file: str | None = None
  dev_file: str | None = None
  test_file: str | None = None
  context_column: str = "context"
  question_column: str | None = None
  ending_prefix: str = "ending_"
  label_column: str = "label"
  encoding: str | None = None
  quoting: str = table_form.AUTO
  do_lower_case: bool | None = True
  max_seq_length: int = 128
  do_train: bool = False
  do_eval: bool = False
  do_predict: bool = False
  eval_batch_size: int = 8
  predict_batch_size: int = 8

  def __post_init__(self) -> None:
    table_form.TableForm(self.encoding, self.quoting)
    if self.task_name not in TASKS:
      raise ValueError(
        f"task_name={self.task_name!r} is not known; it is one of "
        f"{', '.join(TASKS)}"
      )
    if not self.ending_prefix:
      raise ValueError("ending_prefix is empty; give one, such as ending_")
    fine_tuning_settings.check_task(self, model_inputs.SHORTEST)
