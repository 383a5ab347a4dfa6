"""Flags that several commands have, each defined here and nowhere else."""

import dataclasses
from collections.abc import Collection
from typing import Any, TypeVar

from absl import flags

FLAGS = flags.FLAGS
T = TypeVar("T")
flags.disclaim_key_flags()  # They are the command's: its --help lists them.

# Kind, default, help.
_SHARED: dict[str, tuple[Any, Any, str]] = {
  "bert_config_file": (
    flags.DEFINE_string,
    None,
    "bert_config.json of the model.",
  ),
  "vocab_file": (flags.DEFINE_string, None, "The vocabulary of the model."),
  "init_checkpoint": (
    flags.DEFINE_string,
    None,
    "The model to start from, most often a pre-trained one.",
  ),
  "output_dir": (
    flags.DEFINE_string,
    None,
    "Where everything that is written goes.",
  ),
  "do_lower_case": (
    flags.DEFINE_bool,
    True,
    "True for uncased models, false for cased ones.",
  ),
  "max_seq_length": (
    flags.DEFINE_integer,
    128,
    "Tokens of a sequence; longer ones are cut.",
  ),
  "do_train": (flags.DEFINE_bool, False, "Whether to train."),
  "do_eval": (flags.DEFINE_bool, False, "Whether to evaluate."),
  "do_predict": (flags.DEFINE_bool, False, "Whether to predict."),
  "train_batch_size": (
    flags.DEFINE_integer,
    32,
    "Examples of a training step.",
  ),
  "eval_batch_size": (
    flags.DEFINE_integer,
    8,
    "Examples of an evaluation batch.",
  ),
  "predict_batch_size": (
    flags.DEFINE_integer,
    8,
    "Examples predicted at once.",
  ),
  "batch_size": (flags.DEFINE_integer, 32, "Sequences computed at once."),
  "learning_rate": (
    flags.DEFINE_float,
    5e-5,
    "The peak of the learning rate.",
  ),
  "num_train_epochs": (
    flags.DEFINE_float,
    3.0,
    "Times through the examples.",
  ),
  "warmup_proportion": (
    flags.DEFINE_float,
    0.1,
    "Share of the steps that warm up.",
  ),
  "seed": (
    flags.DEFINE_integer,
    12345,
    "Of data order, dropout and new weights.",
  ),
}


def define(
  *names: str, required: Collection[str] = (), **defaults: Any
) -> None:
  """Defines some of them.

  Args:
    *names: Which.
    required: Those of them that must be given.
    **defaults: Other defaults than the usual.
  """
  for name in names:
    kind, default, text = _SHARED[name]
    default = defaults.get(name, default)
    kind(name, default, text, required=name in required)


def settings(kind: type[T], **others: Any) -> T:
  """Makes settings out of the flags that their fields are named after.

  Args:
    kind: A dataclass.
    **others: Fields that are not a flag as it stands.
  """
  names = [field.name for field in dataclasses.fields(kind)]
  flagged = {name: FLAGS[name].value for name in names if name not in others}
  return kind(**flagged, **others)
