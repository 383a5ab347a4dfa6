"""Flags that several commands have, each defined here and nowhere else."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, cast, get_args

from absl import flags

FLAGS = flags.FLAGS
T = TypeVar("T")
flags.disclaim_key_flags()  # They are the command's: its --help lists them.

_DEFINE: dict[type, Callable[..., Any]] = {
  str: flags.DEFINE_string,
  bool: flags.DEFINE_bool,
  int: flags.DEFINE_integer,
  float: flags.DEFINE_float,
}

# Kind, default, help.
_SHARED: dict[str, tuple[type, Any, str]] = {
  "bert_config_file": (str, None, "Path to the model's bert_config.json."),
  "vocab_file": (str, None, "Path to the model's vocabulary file."),
  "init_checkpoint": (
    str,
    None,
    "Checkpoint to start from, usually a pre-trained model.",
  ),
  "output_dir": (
    str,
    None,
    "Output directory for checkpoints, logs and results.",
  ),
  "allow_new_layers": (
    bool,
    False,
    "Allow training to start from a checkpoint that lacks variables of the "
    "encoder, which are then initialized randomly.",
  ),
  "do_lower_case": (
    bool,
    True,
    "True for uncased models, false for cased ones.",
  ),
  "max_seq_length": (
    int,
    128,
    "Maximum sequence length in tokens; longer texts are truncated.",
  ),
  "do_train": (bool, False, "Train the model."),
  "do_eval": (bool, False, "Evaluate the model."),
  "do_predict": (bool, False, "Predict on the test data."),
  "train_batch_size": (int, 32, "Training batch size, over all devices."),
  "eval_batch_size": (int, 8, "Evaluation batch size."),
  "predict_batch_size": (int, 8, "Prediction batch size."),
  "batch_size": (int, 32, "Batch size, in sequences."),
  "learning_rate": (float, 5e-5, "Peak learning rate."),
  "num_train_epochs": (float, 3.0, "Number of training epochs."),
  "warmup_proportion": (
    float,
    0.1,
    "Fraction of the training steps used for linear learning-rate warm-up.",
  ),
  "seed": (
    int,
    12345,
    "Random seed for data order, dropout and weight initialization.",
  ),
  # Of pre-training and its data.
  "num_train_steps": (int, 100000, "Number of training steps."),
  "max_predictions_per_seq": (
    int,
    20,
    "Maximum number of masked tokens per sequence.",
  ),
  "dupe_factor": (
    int,
    10,
    "Number of passes over the text, each with different masks.",
  ),
  "top_k": (int, 5, "Number of words to return for each [MASK]."),
  # Of questions and answers.
  "doc_stride": (
    int,
    128,
    "Stride, in tokens, between the windows of a long text.",
  ),
  "max_query_length": (
    int,
    64,
    "Maximum question length in tokens; longer questions are truncated.",
  ),
  "n_best_size": (
    int,
    20,
    "Number of start and end positions to consider, and of answers to list.",
  ),
  "max_answer_length": (int, 30, "Maximum answer length in tokens."),
  "version_2_with_negative": (
    bool,
    False,
    "Allow questions without an answer (SQuAD 2.0).",
  ),
  "null_score_diff_threshold": (
    float,
    0.0,
    "Leave a question unanswered if the score of no answer exceeds that of the "
    "best answer by more than this. run_squad writes the best value into "
    "eval_results.txt.",
  ),
}
# The model tells them, where they are not given.
_AS_THE_MODEL = ("do_lower_case",)
SPAN = (
  "doc_stride",
  "max_query_length",
  "n_best_size",
  "max_answer_length",
  "version_2_with_negative",
  "null_score_diff_threshold",
)


def define(
  *names: str,
  required: Collection[str] = (),
  texts: Mapping[str, str] | None = None,
  **defaults: Any,
) -> None:
  """Defines some of them.

  Args:
    *names: Which.
    required: Those of them that must be given.
    texts: Other helps than the usual, where the command can say more.
    **defaults: Other defaults than the usual.
  """
  for name in names:
    kind, default, text = _SHARED[name]
    _DEFINE[kind](
      name,
      defaults.get(name, default),
      (texts or {}).get(name, text),
      required=name in required,
    )


def settings(kind: type[T], **others: Any) -> T:
  """Makes settings out of the flags that their fields are named after.

  A flag of what belongs to the model, if not given, is None where it may be.

  Args:
    kind: A dataclass.
    **others: Fields that are not a flag as it stands.
  """
  fields = [
    x for x in dataclasses.fields(cast(Any, kind)) if x.name not in others
  ]
  flagged = {
    field.name: FLAGS[field.name].value
    for field in fields
    if field.name not in _AS_THE_MODEL
  }
  # The original's defaults stay those of the flags.
  for field in fields:
    if field.name in _AS_THE_MODEL:
      may_be_unset = type(None) in get_args(field.type)
      flag = FLAGS[field.name]
      unset = may_be_unset and not flag.present
      flagged[field.name] = None if unset else flag.value
  return kind(**flagged, **others)
