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
  "bert_config_file": (str, None, "bert_config.json of the model."),
  "vocab_file": (str, None, "The vocabulary of the model."),
  "init_checkpoint": (
    str,
    None,
    "The model to start from, most often a pre-trained one.",
  ),
  "allow_new_layers": (
    bool,
    False,
    "Whether a training may start from a checkpoint that lacks variables of "
    "the encoder: they begin with random values.",
  ),
  "output_dir": (str, None, "Where everything that is written goes."),
  "do_lower_case": (
    bool,
    True,
    "True for uncased models, false for cased ones.",
  ),
  "max_seq_length": (int, 128, "Tokens of a sequence; longer ones are cut."),
  "do_train": (bool, False, "Whether to train."),
  "do_eval": (bool, False, "Whether to evaluate."),
  "do_predict": (bool, False, "Whether to predict."),
  "train_batch_size": (int, 32, "Examples of a training step."),
  "eval_batch_size": (int, 8, "Examples of an evaluation batch."),
  "predict_batch_size": (int, 8, "Examples predicted at once."),
  "batch_size": (int, 32, "Sequences computed at once."),
  "learning_rate": (float, 5e-5, "The peak of the learning rate."),
  "num_train_epochs": (float, 3.0, "Times through the examples."),
  "warmup_proportion": (float, 0.1, "Share of the steps that warm up."),
  "seed": (int, 12345, "Of data order, dropout and new weights."),
  # Of pre-training and its data.
  "num_train_steps": (int, 100000, "Steps of training."),
  "max_predictions_per_seq": (int, 20, "The most masked tokens of a sequence."),
  "dupe_factor": (
    int,
    10,
    "How often to go through the text, masked differently.",
  ),
  "top_k": (int, 5, "Words for each [MASK]."),
  # Of questions and answers.
  "doc_stride": (
    int,
    128,
    "Tokens from one window of a long text to the next.",
  ),
  "max_query_length": (
    int,
    64,
    "Tokens of a question; further ones are dropped.",
  ),
  "n_best_size": (int, 20, "Starts and ends considered, and answers listed."),
  "max_answer_length": (int, 30, "Tokens of the longest answer."),
  "version_2_with_negative": (
    bool,
    False,
    "Whether questions may have no answer.",
  ),
  "null_score_diff_threshold": (
    float,
    0.0,
    "A question is left unanswered if that scores better than its best answer "
    "by more than this; eval_results.txt of run_squad names the best value.",
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
