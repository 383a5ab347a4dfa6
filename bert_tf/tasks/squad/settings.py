"""What run_squad is told, fine-tuning and devices apart."""

import dataclasses
from collections.abc import Mapping
from typing import Any

SPECIAL_TOKENS = 3  # [CLS] question [SEP] window [SEP]
ORIGINAL = "original"
OFFSETS = "offsets"
ALIGNMENTS = (ORIGINAL, OFFSETS)
SCORE_BY = ("words", "characters", "mixed")


def trained_alignment(run_settings: Mapping[str, Any]) -> str:
  """How answers were aligned when a model was trained.

  Args:
    run_settings: The settings that its folder records; may be empty.
  """
  return str(run_settings.get("answer_alignment", ORIGINAL))


@dataclasses.dataclass(frozen=True)
class WindowSettings:
  """How contexts are cut.

  Attributes:
    max_seq_length: Tokens of a window, question and special tokens included.
    doc_stride: Tokens from one window's start to the next one's.
    max_query_length: A question's further tokens are dropped.
  """

  max_seq_length: int = 384
  doc_stride: int = 128
  max_query_length: int = 64

  def __post_init__(self) -> None:
    for field in dataclasses.fields(self):
      if getattr(self, field.name) < 1:
        raise ValueError(f"{field.name}={getattr(self, field.name)} is below 1")
    if self.max_seq_length <= self.max_query_length + SPECIAL_TOKENS:
      raise ValueError(
        f"The max_seq_length ({self.max_seq_length}) must be greater than "
        f"max_query_length ({self.max_query_length}) + 3"
      )

  @classmethod
  def of_at_most(cls, positions: int) -> "WindowSettings":
    """The usual windows, smaller in proportion where the model is.

    Args:
      positions: The model's longest sequence.
    """
    usual = cls()
    if positions >= usual.max_seq_length:
      return usual
    share = positions / usual.max_seq_length
    return cls(
      positions,
      max(1, int(usual.doc_stride * share)),
      max(1, int(usual.max_query_length * share)),
    )


@dataclasses.dataclass(frozen=True)
class DecodingSettings:
  """How answers are chosen.

  Attributes:
    n_best_size: Starts and ends considered in a window, and answers listed.
    max_answer_length: Tokens of the longest answer.
    do_lower_case: As of the tokenizer; None takes what the
      files of the model say, else True.
    version_2_with_negative: Whether a question may have no answer.
    null_score_diff_threshold: A question is answered by nothing where that
      scores better than the best answer by more than this.
    verbose_logging: Whether to log answers that could not be aligned.
    answer_alignment: How tokens and text are matched, in training as well:
      "original", by `final_text`, or "offsets", by the characters that each
      token came from. None takes what the model was trained with, else
      "original".
  """

  n_best_size: int = 20
  max_answer_length: int = 30
  do_lower_case: bool | None = True
  version_2_with_negative: bool = False
  null_score_diff_threshold: float = 0.0
  verbose_logging: bool = False
  answer_alignment: str | None = None

  def __post_init__(self) -> None:
    for name in ("n_best_size", "max_answer_length"):
      if getattr(self, name) < 1:
        raise ValueError(f"{name}={getattr(self, name)} is below 1")
    if self.answer_alignment not in (None, *ALIGNMENTS):
      raise ValueError(
        f"answer_alignment={self.answer_alignment!r}, expected one of "
        f"{', '.join(ALIGNMENTS)}"
      )


@dataclasses.dataclass(frozen=True)
class SquadSettings:
  """What is done, and with which files.

  Attributes:
    vocab_file: The model's vocabulary.
    train_file: SQuAD's JSON to train on.
    predict_file: SQuAD's JSON to answer.
    do_train: Whether to train.
    do_predict: Whether to answer, and to score where right answers are known.
    predict_batch_size: Windows answered at once.
    batch_by_length: As of `predictor.span_logits`.
    pack: Whether training leaves padding out, of the loss too. The original
      does not, which is the default.
    length_buckets: As of `DeviceSettings`. If given, the loss leaves padding
      out, since how much there is depends on the batch.
    score_by: How answers are compared with right ones: one of `SCORE_BY`; None
      chooses by the script of the text.
    windows: How contexts are cut.
    decoding: How answers are chosen.
  """

  vocab_file: str
  train_file: str | None = None
  predict_file: str | None = None
  do_train: bool = False
  do_predict: bool = False
  predict_batch_size: int = 8
  batch_by_length: bool = False
  pack: bool | None = None
  length_buckets: tuple[int, ...] = ()
  score_by: str | None = None
  windows: WindowSettings = dataclasses.field(default_factory=WindowSettings)
  decoding: DecodingSettings = dataclasses.field(
    default_factory=DecodingSettings
  )

  def __post_init__(self) -> None:
    if not (self.do_train or self.do_predict):
      raise ValueError(
        "At least one of `do_train` or `do_predict` must be True."
      )
    if self.do_train and not self.train_file:
      raise ValueError(
        "If `do_train` is True, then `train_file` must be specified."
      )
    if self.do_predict and not self.predict_file:
      raise ValueError(
        "If `do_predict` is True, then `predict_file` must be specified."
      )
    if self.score_by not in (None, *SCORE_BY):
      raise ValueError(
        f"score_by={self.score_by!r}, expected one of {', '.join(SCORE_BY)}"
      )
    if self.predict_batch_size < 1:
      raise ValueError(f"predict_batch_size={self.predict_batch_size} is < 1")

  @property
  def do_lower_case(self) -> bool | None:
    """Whether text is lower-cased; None if it is not given."""
    return self.decoding.do_lower_case

  @property
  def answer_alignment(self) -> str | None:
    """How answers are matched with tokens, in training too."""
    return self.decoding.answer_alignment

  @property
  def max_seq_length(self) -> int:
    """Tokens of a window."""
    return self.windows.max_seq_length

  @property
  def do_eval(self) -> bool:
    """False: as in the original, scores come with the answers."""
    return False
