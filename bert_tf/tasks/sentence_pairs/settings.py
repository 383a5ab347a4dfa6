"""What run_sentence_pairs is told, fine-tuning and devices apart."""

import dataclasses

from bert_tf.inputs import model_inputs
from bert_tf.layers import pooling_names
from bert_tf.tables import table_form
from bert_tf.training import fine_tuning_settings

SCORES, NEGATIVES = "scores", "in_batch_negatives"
OBJECTIVES = (SCORES, NEGATIVES)


@dataclasses.dataclass(frozen=True)
class SentencePairSettings:
  """What is done, and with which files.

  Attributes:
    data_dir: Holds tables train, dev and test.
    vocab_file: The model's vocabulary.
    objective: One of `OBJECTIVES`: the cosine of a pair is to be its score, or
      higher than those with the second texts of the other pairs of a batch.
    text_column: The column of the first text.
    text_pair_column: That of the second.
    label_column: That of the score.
    max_score: The score of texts that mean the same; their cosine is 1.
    scale: What cosines are multiplied by before the softmax over a batch.
    pooling: One of `pooling_names.ONE_VECTOR`.
    encoding: As of `table_form.TableForm`.
    quoting: The same.
    do_lower_case: Whether text is lower-cased; None takes what the
      files of the model say, else True.
    max_seq_length: Tokens of a text.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    do_predict: Whether to predict.
    eval_batch_size: Pairs of an evaluation batch.
    predict_batch_size: Pairs predicted at once.
  """

  data_dir: str
  vocab_file: str
  objective: str = SCORES
  text_column: str = "sentence1"
  text_pair_column: str = "sentence2"
  label_column: str = "score"
  max_score: float = 5.0
  scale: float = 20.0
  pooling: str = "mean"
  encoding: str | None = None
  quoting: str = table_form.AUTO
  do_lower_case: bool | None = True
  max_seq_length: int = 128
  do_train: bool = False
  do_eval: bool = False
  do_predict: bool = False
  eval_batch_size: int = 32
  predict_batch_size: int = 32

  def __post_init__(self) -> None:
    table_form.TableForm(self.encoding, self.quoting)
    for name, known in (
      ("objective", OBJECTIVES),
      ("pooling", pooling_names.ONE_VECTOR),
    ):
      if getattr(self, name) not in known:
        raise ValueError(
          f"{name}={getattr(self, name)!r} is not known; it is one of "
          f"{', '.join(known)}"
        )
    for name in ("max_score", "scale"):
      if not getattr(self, name) > 0:
        raise ValueError(f"{name}={getattr(self, name)} is not > 0")
    fine_tuning_settings.check_task(self, model_inputs.SHORTEST)
