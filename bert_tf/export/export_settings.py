"""What an export is to be."""

import dataclasses

from bert_tf.layers import pooling_names
from bert_tf.tasks.squad import settings as squad_settings

MODEL_TYPES = (
  "encoder",
  "sentence",
  "classifier",
  "regressor",
  "multilabel",
  "span",
  "multiple_choice",
  "tagger",
  "masked_lm",
  "pretrainer",
)
_FROM_1 = (
  "doc_stride",
  "max_query_length",
  "n_best_size",
  "max_answer_length",
  "top_k",
)
LABELLED = ("classifier", "multilabel", "tagger")
PRECISIONS = ("float32", "bfloat16")
_POOLINGS = tuple(name for name in pooling_names.POOLINGS if name != "none")


@dataclasses.dataclass(frozen=True)
class ExportSettings:
  """The kind of a model, and how it takes texts and gives answers.

  Attributes:
    model_type: One of `MODEL_TYPES`.
    do_lower_case: As of the tokenizer; None takes what the files of the model
      say, else True.
    max_seq_length: The most tokens of a sequence.
    labels: What the outputs stand for, of the types that have labels.
    precision: One of `PRECISIONS`; weights are stored in it, too.
    pooling: "sentence": one of `pooling_names.POOLINGS`, "none" apart.
    normalize: "sentence": whether vectors are made 1 long.
    doc_stride: "span": as of run_squad, as all to the end.
    max_query_length: As of run_squad.
    n_best_size: As of run_squad.
    max_answer_length: As of run_squad.
    version_2_with_negative: Whether a question may have no answer.
    null_score_diff_threshold: As of run_squad.
    answer_alignment: As of run_squad; None takes what the model was trained
      with.
    pad_windows: Whether windows are padded to `max_seq_length`, so that
      padding takes part in the n-best lists, as by default in run_squad.
    top_k: "masked_lm" and "pretrainer": words for each [MASK].
  """

  model_type: str
  do_lower_case: bool | None = True
  max_seq_length: int = 128
  labels: tuple[str, ...] = ()
  precision: str = "float32"
  pooling: str = "mean"
  normalize: bool = False
  doc_stride: int = 128
  max_query_length: int = 64
  n_best_size: int = 20
  max_answer_length: int = 30
  version_2_with_negative: bool = False
  null_score_diff_threshold: float = 0.0
  answer_alignment: str | None = None
  pad_windows: bool = False
  top_k: int = 5

  def __post_init__(self) -> None:
    for name, known in (
      ("model_type", MODEL_TYPES),
      ("precision", PRECISIONS),
      ("pooling", _POOLINGS),
      ("answer_alignment", (None, *squad_settings.ALIGNMENTS)),
    ):
      if getattr(self, name) not in known:
        raise ValueError(
          f"{name}={getattr(self, name)!r} is not known; it is one of "
          f"{', '.join(filter(None, known))}"
        )
    for name in _FROM_1:
      if getattr(self, name) < 1:
        raise ValueError(f"{name}={getattr(self, name)} is below 1")
    least = self.max_query_length + 3 if self.model_type == "span" else 2
    if self.max_seq_length <= least:
      raise ValueError(
        f"max_seq_length={self.max_seq_length} is not above {least}"
        + (", max_query_length and 3" if self.model_type == "span" else "")
      )
    if self.labels and self.model_type not in LABELLED:
      raise ValueError(
        f"model_type={self.model_type!r} has no labels, found "
        f"{', '.join(self.labels)}"
      )
    if len(set(self.labels)) != len(self.labels):
      raise ValueError(f"a label is there twice: {', '.join(self.labels)}")
