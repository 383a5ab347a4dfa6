"""Loading checkpoints into models: variables are assigned by name."""

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

import tensorflow as tf
from absl import logging

from bert_tf.checkpoints import checkpoint_reader, formats, variable_names
from bert_tf.models import loadable_model


@dataclasses.dataclass(frozen=True)
class LoadReport:
  """What a checkpoint gave to a model.

  Attributes:
    loaded: Names of variables that were set, with their shapes.
    missing: Variables of the model that the checkpoint lacks; they keep
      their initial values.
    unused: Names in the checkpoint that the model has no variable for,
      training state apart.
    training_state: Number of optimizer entries in the checkpoint, not read.
  """

  loaded: dict[str, tuple[int, ...]]
  missing: tuple[str, ...]
  unused: tuple[str, ...]
  training_state: int

  def lines(self) -> list[str]:
    """The report as lines to log, each with its reason."""
    lines = [f"  {name}, {list(shape)}" for name, shape in self.loaded.items()]
    lines.append(f"loaded {len(self.loaded)} variables")
    for name in self.missing:
      lines.append(f"  not loaded: {name} (not in the checkpoint; initialized)")
    for name in self.unused:
      lines.append(f"  not used: {name} (the model has no such variable)")
    if self.training_state:
      lines.append(
        f"  not used: {self.training_state} optimizer entries "
        "(a new training starts at step 0)"
      )
    return lines


def load(
  variables: Iterable[Any],
  checkpoint: checkpoint_reader.TensorReader | str | os.PathLike[str],
  require_all: bool = False,
  optional: Collection[str] = (),
) -> LoadReport:
  """Assigns a checkpoint's tensors to a model's variables, by name.

  Nothing is assigned unless every tensor that fits by name also fits by shape.

  Args:
    variables: The model's variables, named as in Google's checkpoints.
    checkpoint: A reader, or a path that `formats.reader` takes.
    require_all: Whether a variable without a value is an error.
    optional: Names of variables that may lack a value even so.

  Raises:
    ValueError: Nothing fits, a shape differs, or with `require_all` a
      variable is missing; the message names the variables.
  """
  reader = (
    formats.reader(checkpoint)
    if isinstance(checkpoint, str | os.PathLike)
    else checkpoint
  )
  wanted = variable_names.by_name(variables)
  report = compare(wanted, reader, require_all, optional)
  for name in report.loaded:
    variable = wanted[name]
    variable.assign(tf.cast(reader.read(name), variable.dtype))
  _warn_of_parts(report, reader.prefix)
  return report


def _warn_of_parts(report: LoadReport, prefix: str) -> None:
  """Warns of layers of which a checkpoint has but some variables."""
  for name in report.missing:
    scope, _, _ = name.rpartition("/")
    found = [x for x in report.loaded if x.rpartition("/")[0] == scope]
    if found:
      logging.warning(
        "%s has no %s, but it has %s: %s is new, and the layer not the one "
        "that was trained",
        prefix,
        name,
        ", ".join(found),
        name,
      )


def compare(
  wanted: Mapping[str, Any],
  reader: checkpoint_reader.TensorReader,
  require_all: bool = False,
  optional: Collection[str] = (),
) -> LoadReport:
  """What loading `reader` into the variables `wanted` would do; see `load`."""
  loaded = {n: reader.shapes[n] for n in wanted if n in reader.shapes}
  missing = tuple(name for name in wanted if name not in reader.shapes)
  others = sorted(set(reader.shapes) - set(wanted))
  state = variable_names.training_state(reader.shapes).difference(wanted)
  unused = tuple(name for name in others if name not in state)
  if not loaded:
    raise ValueError(
      f"{reader.prefix}: no variable fits this model; the checkpoint has "
      f"{', '.join(unused[:3])} ..., the model {', '.join(missing[:3])} ..."
    )
  wrong = [
    f"{name}: the checkpoint has {list(reader.shapes[name])}, the model "
    f"{list(wanted[name].shape)}"
    for name in loaded
    if tuple(wanted[name].shape) != reader.shapes[name]
  ]
  if wrong:
    raise ValueError(
      f"{reader.prefix}: {len(wrong)} variables have another shape than in "
      "the model; does bert_config.json belong to this checkpoint?\n  "
      + "\n  ".join(wrong)
    )
  wanting = [name for name in missing if name not in optional]
  if wanting and require_all:
    raise ValueError(
      f"{reader.prefix}: {len(wanting)} variables of the model are not in "
      f"the checkpoint: {', '.join(wanting)}"
    )
  return LoadReport(loaded, missing, unused, len(state))


ModelT = TypeVar("ModelT", bound=loadable_model.LoadableModel)


def load_model(
  model_class: type[ModelT], path: str | os.PathLike[str], **kwargs: Any
) -> ModelT:
  """Makes a model and loads a checkpoint of any format into it.

  Args:
    model_class: The class, called with a configuration and keyword arguments.
    path: What `formats.reader` takes.
    **kwargs: Arguments of the class; `config` where the checkpoint has no
      configuration.

  Raises:
    FileNotFoundError: There is no checkpoint, or no configuration.
    ValueError: A variable that the checkpoint must have is missing, or one has
      another shape.
  """
  config = kwargs.pop("config", None)
  reader = formats.reader(path, config)
  make: Any = model_class
  model: ModelT = make(
    config or reader.config(), **model_class.arguments(reader, kwargs)
  )
  load(
    model.variables,
    reader,
    require_all=True,
    optional=variable_names.by_name(model.optional_variables()),
  )
  return model
