"""Names of variables in Google's checkpoints."""

from collections.abc import Iterable
from typing import Any

GLOBAL_STEP = "global_step"
SLOTS = ("adam_m", "adam_v")
# Prefix of the entries that only this project writes (loss scale); the
# original program leaves names it does not know alone.
OWN_STATE = "bert_tf/"
OPTIMIZER = OWN_STATE + "optimizer_"  # and its name, unless the original's

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
  """Whether a name belongs to the optimizer, not to the model."""
  return (
    name == GLOBAL_STEP
    or name.rpartition("/")[2] in SLOTS
    or name.startswith(OWN_STATE)
  )


def is_decayed(name: str) -> bool:
  """Whether weight decay applies. Source: optimization.py of the original."""
  return not any(part in name for part in NOT_DECAYED)
