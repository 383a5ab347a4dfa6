"""What run_classifier is told, fine-tuning and devices apart."""

import dataclasses

from bert_tf.inputs import model_inputs
from bert_tf.tables import table_form
from bert_tf.training import class_weights, fine_tuning_settings


@dataclasses.dataclass(frozen=True)
class ClassificationSettings:
  """What is done, and with which files.

  Attributes:
    data_dir: Holds the files of the task.
    vocab_file: The model's vocabulary.
    do_lower_case: Whether text is lower-cased; None takes what the
      files of the model say, else True.
    max_seq_length: Tokens of a sequence.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    do_predict: Whether to predict.
    eval_batch_size: Examples of an evaluation batch.
    predict_batch_size: Examples predicted at once.
    num_trials: Trainings with seeds that follow one another.
    test_results_header: Whether test_results.tsv begins with label names.
    skip_bad_lines: As of `reader.read`.
    encoding: As of `table_form.TableForm`.
    quoting: The same.
    class_weights: As of `class_weights.find`; for one label.
    label_smoothing: As of `loss.losses`.
    num_folds: Parts of the training data for cross-validation; 1 for none.
  """

  data_dir: str
  vocab_file: str
  do_lower_case: bool | None = True
  max_seq_length: int = 128
  do_train: bool = False
  do_eval: bool = False
  do_predict: bool = False
  eval_batch_size: int = 8
  predict_batch_size: int = 8
  num_trials: int = 1
  test_results_header: bool = False
  skip_bad_lines: bool = False
  encoding: str | None = None
  quoting: str = table_form.AUTO
  class_weights: str | None = None
  label_smoothing: float = 0.0
  num_folds: int = 1

  def __post_init__(self) -> None:
    table_form.TableForm(self.encoding, self.quoting)
    class_weights.check_smoothing(self.label_smoothing)
    fine_tuning_settings.check_task(self, model_inputs.SHORTEST)
    for name in ("num_trials", "num_folds"):
      if getattr(self, name) < 1:
        raise ValueError(f"{name}={getattr(self, name)} is below 1")
      if getattr(self, name) > 1 and not (self.do_train and self.do_eval):
        raise ValueError(f"{name} above 1 needs do_train and do_eval")
    if self.num_trials > 1 and self.num_folds > 1:
      raise ValueError("num_trials and num_folds are both above 1; give one")
