"""Any Keras optimizer behind one interface: built, applied, its state named.

A run's state is its checkpoint, so every variable that an optimizer keeps needs
a name there that does not depend on the process: a slot is
`<variable>/<slot>`, as in Google's checkpoints.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf

from bert_tf import keras
from bert_tf.checkpoints import variable_names

# Attributes of Keras's optimizers that are no state of their own: the list of
# all variables, and what is computed anew in each step.
_DERIVED = ("_variables", "_iterations", "_current_learning_rate")


@runtime_checkable
class OptimizerAdapter(Protocol):
  """An optimizer as the training loop uses it.

  Attributes:
    optimizer: The Keras optimizer. It counts its steps in the int64 variable
      `iterations` and takes one in `apply_gradients`.
  """

  optimizer: Any

  def build(self, variables: Sequence[Any]) -> dict[str, Any]:
    """Makes the slots of the variables to be trained.

    Returns:
      All variables that the optimizer keeps, by their names in a checkpoint;
      `iterations` is `global_step`. Restoring them resumes the training bit
      for bit.
    """


class KerasAdapter(OptimizerAdapter):
  """A `keras.optimizers.Optimizer`.

  A slot is named after the attribute that holds the list of them, without
  leading underscores; a single variable is `bert_tf/state/<attribute>`.

  Args:
    optimizer: The optimizer.
    slot_names: Other names for slots than those, by attribute.
  """

  def __init__(self, optimizer: Any, slot_names: Mapping[str, str]):
    self.optimizer = optimizer
    self._slot_names = slot_names

  def build(self, variables: Sequence[Any]) -> dict[str, Any]:
    """See `OptimizerAdapter`.

    Raises:
      ValueError: It keeps a variable in another way, or two under one name.
    """
    self.optimizer.build(variables)
    view = tf.train.TrackableView(self.optimizer)
    named = [(variable_names.GLOBAL_STEP, self.optimizer.iterations)]
    derived = []
    for attribute, value in sorted(view.children(self.optimizer).items()):
      name = attribute.lstrip("_")
      if attribute in _DERIVED:
        derived.append(value)
      elif isinstance(value, tf.Variable):
        named.append((variable_names.OPTIMIZER_STATE + name, value))
      elif isinstance(value, list) and len(value) == len(variables):
        named += _slots(self._slot_names.get(name, name), variables, value)
    known = [variable for _, variable in named] + derived + list(variables)
    for node in view.descendants():
      if isinstance(node, tf.Variable) and not _holds(known, node):
        raise ValueError(
          f"{type(self.optimizer).__name__} keeps the variable {node.name!r} "
          "where it has no name for a checkpoint: expected it in an attribute, "
          "alone or in a list of one for each trained variable; register an "
          "OptimizerAdapter that names it"
        )
    return _by_name(named, self.optimizer)


class LegacyAdapter(OptimizerAdapter):
  """A `keras.legacy_optimizers.Optimizer`, such as those of addons.

  Args:
    optimizer: The optimizer.
    slot_names: Other names for slots than its own, by these.
  """

  def __init__(self, optimizer: Any, slot_names: Mapping[str, str]):
    self.optimizer = optimizer
    self._slot_names = slot_names

  def build(self, variables: Sequence[Any]) -> dict[str, Any]:
    """See `OptimizerAdapter`."""
    self.optimizer._create_all_weights(variables)
    named = [(variable_names.GLOBAL_STEP, self.optimizer.iterations)]
    for slot in self.optimizer.get_slot_names():
      values = [self.optimizer.get_slot(v, slot) for v in variables]
      named += _slots(self._slot_names.get(slot, slot), variables, values)
    known = [variable for _, variable in named]
    for weight in self.optimizer.weights:
      if not _holds(known, weight):
        name = variable_names.variable_name(weight)
        named.append((variable_names.OPTIMIZER_STATE + name, weight))
    return _by_name(named, self.optimizer)


def _holds(variables: Iterable[Any], one: Any) -> bool:
  """Whether `one` is among them; `in` would compare their values."""
  return any(variable is one for variable in variables)


def _slots(
  slot: str, trained: Sequence[Any], values: Sequence[Any]
) -> list[tuple[str, Any]]:
  return [
    (f"{variable_names.variable_name(variable)}/{slot}", value)
    for variable, value in zip(trained, values, strict=True)
    if isinstance(value, tf.Variable)
  ]


def _by_name(
  named: Iterable[tuple[str, Any]], optimizer: Any
) -> dict[str, Any]:
  state: dict[str, Any] = {}
  for name, variable in named:
    if name in state:
      raise ValueError(
        f"{type(optimizer).__name__} keeps two variables that would both be "
        f"{name!r} in a checkpoint: give slot_names when it is registered"
      )
    state[name] = variable
  return state


def adapt(made: Any, slot_names: Mapping[str, str]) -> OptimizerAdapter:
  """The adapter of an optimizer; one that is an adapter already stays.

  Raises:
    TypeError: It is neither.
  """
  if isinstance(made, keras.legacy_optimizers.Optimizer):
    return LegacyAdapter(made, slot_names)
  if isinstance(made, keras.optimizers.Optimizer):
    return KerasAdapter(made, slot_names)
  if isinstance(made, OptimizerAdapter):
    return made
  raise TypeError(
    f"{type(made).__module__}.{type(made).__name__} is neither an optimizer of "
    "Keras 2 nor an OptimizerAdapter (is it one of Keras 3?)"
  )
