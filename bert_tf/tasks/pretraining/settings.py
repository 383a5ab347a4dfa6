"""What determines pre-training, and the records it reads."""

import dataclasses
import os

# [CLS], one token, [SEP], one token, [SEP].
MIN_SEQ_LENGTH = 5


@dataclasses.dataclass(frozen=True)
class PretrainingDataConfig:
  """Settings of `record_generator.create`; the original's flags, checked.

  Attributes:
    input_file: paths or glob patterns of text files.
    output_file: record files to write; records go to them in turn.
    vocab_file: the vocabulary, one piece a line.
    do_lower_case: whether the vocabulary is of an uncased model.
    do_whole_word_mask: mask all pieces of a word or none.
    max_seq_length: tokens of an instance, special tokens and padding included.
    max_predictions_per_seq: the most tokens to predict in an instance.
    random_seed: of Python's generator.
    dupe_factor: how often the corpus is gone through, masked differently.
    masked_lm_prob: share of the tokens to predict.
    short_seq_prob: share of the documents that give shorter instances.
    num_shards: parts of the corpus, each with record files of its own.
    tmp_dir: where to put what does not fit into memory; "" for beside the
      output.
  """

  input_file: tuple[str, ...]
  output_file: tuple[str, ...]
  vocab_file: str
  do_lower_case: bool = True
  do_whole_word_mask: bool = False
  max_seq_length: int = 128
  max_predictions_per_seq: int = 20
  random_seed: int = 12345
  dupe_factor: int = 10
  masked_lm_prob: float = 0.15
  short_seq_prob: float = 0.1
  num_shards: int = 1
  tmp_dir: str = ""

  def __post_init__(self) -> None:
    """Checks each setting alone; files are looked at when they are used."""
    if not any(self.input_file):
      raise ValueError("--input_file is empty; name at least one text file")
    _check_outputs(self.output_file)
    for name, least in (
      ("max_seq_length", MIN_SEQ_LENGTH),
      ("max_predictions_per_seq", 1),
      ("dupe_factor", 1),
      ("num_shards", 1),
    ):
      value = getattr(self, name)
      if value < least:
        raise ValueError(f"--{name}={value}, expected at least {least}")
    if self.tmp_dir and not os.path.isdir(self.tmp_dir):
      raise NotADirectoryError(
        f"--tmp_dir={self.tmp_dir!r} is no folder; make it, or leave the flag "
        "out to have temporary files beside the output"
      )
    for name in ("masked_lm_prob", "short_seq_prob"):
      value = getattr(self, name)
      if not 0 <= value <= 1:
        raise ValueError(f"--{name}={value}, expected a share from 0 to 1")


@dataclasses.dataclass(frozen=True)
class MemoryLimits:
  """How much of the data is held in memory at once.

  Attributes:
    instance_bytes: instances that wait to be written; more go to a file.
    records_a_batch: records encoded at once.
  """

  instance_bytes: int = 96 << 20
  records_a_batch: int = 512


def _check_outputs(paths: tuple[str, ...]) -> None:
  """Checks that the names are there and differ."""
  seen: dict[str, str] = {}
  for path in paths or ("",):
    if not path.strip():
      raise ValueError(
        f"--output_file={','.join(paths)!r} has an empty name in it; name one "
        "or more files with commas and no spaces between them"
      )
    real = path if "://" in path else os.path.realpath(path)
    if real in seen:
      raise ValueError(
        f"--output_file names the same file twice: {seen[real]!r} and "
        f"{path!r}; each needs a file of its own"
      )
    seen[real] = path


@dataclasses.dataclass(frozen=True)
class PretrainingSettings:
  """What run_pretraining is told, devices and loop apart.

  Attributes:
    input_file: Record files or globs, comma-separated.
    output_dir: For checkpoints, events and results.
    max_seq_length: S of the records.
    max_predictions_per_seq: P of the records.
    init_checkpoint: To start from; None for random weights.
    allow_new_layers: Whether a training may start from a checkpoint that lacks
      variables of the encoder.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    eval_batch_size: Examples of an evaluation batch over all replicas.
    max_eval_steps: Evaluation batches.
    dynamic_masking: Whether records are masked anew whenever they are read for
      training, see `dynamic_masking`.
    vocab_file: That of the records; for `dynamic_masking`.
    masked_lm_prob: As of `PretrainingDataConfig`; for `dynamic_masking`.
    do_whole_word_mask: The same.
  """

  input_file: str
  output_dir: str
  max_seq_length: int = 128
  max_predictions_per_seq: int = 20
  init_checkpoint: str | None = None
  do_train: bool = False
  do_eval: bool = False
  eval_batch_size: int = 8
  max_eval_steps: int = 100
  allow_new_layers: bool = False
  dynamic_masking: bool = False
  vocab_file: str | None = None
  masked_lm_prob: float = 0.15
  do_whole_word_mask: bool = False

  def __post_init__(self) -> None:
    if self.dynamic_masking and not self.vocab_file:
      raise ValueError("dynamic_masking needs vocab_file, that of the records")
    if not 0 <= self.masked_lm_prob <= 1:
      raise ValueError(
        f"masked_lm_prob={self.masked_lm_prob} is not from 0 to 1"
      )
    if not (self.do_train or self.do_eval):
      raise ValueError("nothing to do: set do_train or do_eval or both")
    for name in (
      "max_seq_length",
      "max_predictions_per_seq",
      "eval_batch_size",
      "max_eval_steps",
    ):
      if getattr(self, name) < 1:
        raise ValueError(f"{name}={getattr(self, name)} is below 1")

  def lengths(self) -> dict[str, int]:
    """Values of each feature of a record."""
    sequence = ("input_ids", "input_mask", "segment_ids")
    masked = ("masked_lm_positions", "masked_lm_ids", "masked_lm_weights")
    return (
      dict.fromkeys(sequence, self.max_seq_length)
      | dict.fromkeys(masked, self.max_predictions_per_seq)
      | {"next_sentence_labels": 1}
    )
