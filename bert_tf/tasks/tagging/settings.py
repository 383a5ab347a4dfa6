"""What run_tagger is told, and where its files are."""

import dataclasses
import os

from bert_tf.system import files
from bert_tf.tables import text_encoding
from bert_tf.tasks.tagging import column_layout, label_schemes
from bert_tf.training import class_weights, fine_tuning_settings

_NAMES = {
  "train": ("train",),
  "dev": ("dev", "valid", "val"),
  "test": ("test",),
}
_ENDINGS = (".txt", ".conll", ".tsv", ".bio", ".conllu", ".iob", ".iob2")


@dataclasses.dataclass(frozen=True)
class TaggingSettings:
  """What run_tagger is told, fine-tuning and devices apart.

  Attributes:
    vocab_file: The model's vocabulary.
    data_dir: Holds train.txt, dev.txt and test.txt, or one of the other
      endings.
    train_file: Instead of the one in `data_dir`.
    dev_file: The same.
    test_file: The same.
    labels: Labels with commas between them, or a file with one a line; None
      takes those that occur in the training file.
    label_column: Which column the label is, from 0, or from -1, the last, or
      its name in a header.
    word_column: The same of the words; None to find it.
    label_scheme: One of `label_schemes.SCHEMES`.
    encoding: Of the files, as of `text_encoding.read_lines`.
    class_weights: As of `class_weights.find`.
    label_smoothing: As of `cross_entropy.losses`.
    do_lower_case: Whether text is lower-cased; None takes what the
      files of the model say, else True.
    max_seq_length: Tokens of a window.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    do_predict: Whether to predict.
    eval_batch_size: Windows of an evaluation batch.
    predict_batch_size: Windows predicted at once.
  """

  vocab_file: str
  data_dir: str | None = None
  train_file: str | None = None
  dev_file: str | None = None
  test_file: str | None = None
  labels: str | None = None
  label_column: column_layout.Column = -1
  word_column: column_layout.Column | None = None
  label_scheme: str = label_schemes.AUTO
  encoding: str | None = None
  class_weights: str | None = None
  label_smoothing: float = 0.0
  do_lower_case: bool | None = True
  max_seq_length: int = 128
  do_train: bool = False
  do_eval: bool = False
  do_predict: bool = False
  eval_batch_size: int = 8
  predict_batch_size: int = 8

  def __post_init__(self) -> None:
    fine_tuning_settings.check_task(self, 3)
    if self.label_column == (self.word_column or 0):
      raise ValueError(
        f"label_column={self.label_column} is the column of the words"
      )
    if self.label_scheme not in label_schemes.SCHEMES:
      raise ValueError(
        f"label_scheme={self.label_scheme!r} is not known; it is one of "
        f"{', '.join(label_schemes.SCHEMES)}"
      )
    text_encoding.check(self.encoding)
    class_weights.check_smoothing(self.label_smoothing)

  def path(self, kind: str) -> str:
    """The file of "train", "dev" or "test".

    Raises:
      FileNotFoundError: There is none; the message says what was looked for.
    """
    given: str | None = getattr(self, f"{kind}_file")
    if given:
      return given
    if not self.data_dir:
      raise FileNotFoundError(f"no {kind}_file and no data_dir given")
    names = [name + end for name in _NAMES[kind] for end in _ENDINGS]
    for name in (*names, *(f"{name}.gz" for name in names)):
      path = os.path.join(self.data_dir, name)
      if files.exists(path):
        return path
    raise FileNotFoundError(
      f"data_dir {self.data_dir} holds no {', '.join(names)} (or the same "
      f"with .gz); give {kind}_file"
    )
