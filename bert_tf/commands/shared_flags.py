"""Flags that several commands have, each defined here and nowhere else."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, cast, get_args

from absl import flags

from bert_tf.commands import flag_table, model_flags

FLAGS = flags.FLAGS
T = TypeVar("T")
flags.disclaim_key_flags()  # They are the command's: its --help lists them.

_DEFINE: dict[type, Callable[..., Any]] = {
  str: flags.DEFINE_string,
  bool: flags.DEFINE_bool,
  int: flags.DEFINE_integer,
  float: flags.DEFINE_float,
  list: flags.DEFINE_list,
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
  "answer_alignment",
)
# Of commands that take as long a text as the model does.
UP_TO_THE_MODEL = {
  "max_seq_length": (
    "Maximum sequence length in tokens. Default: the model's maximum."
  )
}


def define(
  *names: str,
  required: Collection[str] = (),
  beside: Collection[str] = (),
  texts: Mapping[str, str] | None = None,
  **defaults: Any,
) -> None:
  """Defines some of them.

  Args:
    *names: Which.
    required: Those of them that must be given.
    beside: Those of them that may lie beside --init_checkpoint instead.
    texts: Other helps than the usual, where the command can say more.
    **defaults: Other defaults than the usual.
  """
  for name in names:
    kind, default, text = flag_table.SHARED[name]
    told = defaults.get(name, default), (texts or {}).get(name, text)
    if isinstance(kind, tuple):
      value, about = told
      flags.DEFINE_enum(name, value, kind, about, required=name in required)
    else:
      _DEFINE[kind](name, *told, required=name in required)
  for name in beside:
    model_flags.may_lie_beside(name)


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
