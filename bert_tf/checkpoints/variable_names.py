"""Names of variables in Google's checkpoints."""

from collections.abc import Collection, Iterable
from typing import Any

GLOBAL_STEP = "global_step"
# Slots of the original's optimizer; others have `<variable>/<slot>` too.
SLOTS = ("adam_m", "adam_v")
# Prefix of the entries that only this project writes; the original program
# leaves names alone that it does not know.
OWN_STATE = "bert_tf/"
OPTIMIZER = OWN_STATE + "optimizer_"  # and its name, unless the original's
OPTIMIZER_STATE = OWN_STATE + "state/"  # what it keeps besides slots
LOSS_SCALE = OWN_STATE + "loss_scale"

# Variables with one of these in their names are not decayed.
NOT_DECAYED = ("LayerNorm", "layer_norm", "bias")


def variable_name(variable: Any) -> str:
  """The name in a checkpoint of a model's variable: its own, without ":0"."""
  return str(variable.name).rpartition(":")[0] or str(variable.name)


def by_name(variables: Iterable[Any]) -> dict[str, Any]:
  """Variables by their checkpoint names.

  Raises:
    ValueError: Two variables have one name.
  """
  named: dict[str, Any] = {}
  for variable in variables:
    name = variable_name(variable)
    if name in named:
      raise ValueError(f"two variables of the model are named {name!r}")
    named[name] = variable
  return named


def is_training_state(name: str) -> bool:
  """Whether a name alone tells that it belongs to the optimizer.

  The slots of other optimizers than the original's are only told from the
  names beside them: see `training_state`.
  """
  return (
    name == GLOBAL_STEP
    or name.rpartition("/")[2] in SLOTS
    or name.startswith(OWN_STATE)
  )


def training_state(names: Collection[str]) -> frozenset[str]:
  """Those of a checkpoint's names that belong to the optimizer.

  Besides the names that tell it themselves, these are all slots: a slot has
  the name of a variable and its own, `<variable>/<slot>`, and nothing of a
  model stands below a variable.
  """
  known = frozenset(names)
  return frozenset(
    name
    for name in known
    if is_training_state(name) or name.rpartition("/")[0] in known
  )


def is_decayed(name: str) -> bool:
  """Whether weight decay applies. Source: optimization.py of the original."""
  return not any(part in name for part in NOT_DECAYED)
