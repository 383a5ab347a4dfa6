"""Loading checkpoints into models: variables are assigned by name.

All commands load here, so that there is one rule. To apply a model, every
variable that it uses has to be in the checkpoint. To start a training from a
checkpoint, every variable of the encoder has to be, unless new layers are
allowed; the pooler and the heads may be new.
"""

import dataclasses
import difflib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_reader,
  formats,
  layer_selection,
  variable_names,
  variable_shapes,
)
from bert_tf.models import loadable_model

# The encoder without its pooler: what a training may not start without.
_ENCODER = ("bert/embeddings/", "bert/encoder/")
_LAYER = re.compile(r"bert/encoder/layer_(\d+)/")
_NAMES_SHOWN = 40
_SIMILAR_SHOWN = 5


class MissingVariablesError(ValueError):
  """A checkpoint lacks variables that a model needs."""


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
  allow_new_layers: bool = False,
) -> LoadReport:
  """Assigns a checkpoint's tensors to a model's variables, by name.

  Nothing is assigned unless every tensor that fits by name also fits by shape.

  Args:
    variables: The model's variables, named as in Google's checkpoints.
    checkpoint: A reader, or a path that `formats.reader` takes.
    require_all: Whether the model is to be applied, and every variable without
      a value is an error. Otherwise only those of the encoder are.
    optional: Names of variables that may lack a value even so.
    allow_new_layers: Whether variables of the encoder may lack a value, too;
      without effect on a model that is to be applied.

  Raises:
    ValueError: Nothing fits, a shape differs, a variable is missing, or a value
      is NaN or infinite; the message names the variables.
  """
  reader = (
    formats.reader(checkpoint)
    if isinstance(checkpoint, str | os.PathLike)
    else checkpoint
  )
  wanted = variable_names.by_name(variables)
  report = compare(wanted, reader, require_all, optional, allow_new_layers)
  for name in checkpoint_reader.in_order(report.loaded):
    value = reader.read(name)
    check_finite(name, value, reader.prefix)
    wanted[name].assign(tf.cast(value, wanted[name].dtype))
  _warn_of_depths(wanted, reader)
  _warn_of_parts(report, reader.prefix)
  return report


def check_encoder(
  path: str,
  config: bert_config.BertConfig,
  require_all: bool,
  allow_new_layers: bool = False,
  layers: Sequence[int] = (),
) -> None:
  """Checks what `load` will need of a checkpoint, before there is a model.

  Args:
    path: What `formats.reader` takes.
    config: That of the model.
    require_all: Whether the pooler has to be there, too.
    allow_new_layers: As of `load`.
    layers: As of `layer_selection.of`.

  Raises:
    FileNotFoundError: There is no checkpoint.
    ValueError: As of `load`, of the variables of the encoder.
  """
  reader = layer_selection.of(formats.reader(path), layers)
  wanted = {
    name: tf.TensorSpec(shape)
    for name, shape in variable_shapes.shapes(config).items()
    if name.startswith("bert/")
  }
  report = compare(
    wanted, reader, require_all, allow_new_layers=allow_new_layers
  )
  for name in checkpoint_reader.in_order(report.loaded):
    check_finite(name, reader.read(name), reader.prefix)


def check_finite(name: str, value: npt.NDArray[Any], path: str) -> None:
  """Checks that a variable's values are numbers.

  Raises:
    ValueError: One is NaN or infinite.
  """
  if np.issubdtype(value.dtype, np.integer) or np.isfinite(value).all():
    return
  count = int(value.size - np.isfinite(value).sum())
  raise ValueError(
    f"{path}: {count} of the {value.size} numbers of {name} are NaN or "
    "infinite, expected none: the model cannot be used; take an earlier "
    "checkpoint"
  )


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
  allow_new_layers: bool = False,
) -> LoadReport:
  """What loading `reader` into the variables `wanted` would do; see `load`.

  Args:
    wanted: Variables, or anything else with a `shape`, by name.
    reader: The checkpoint.
    require_all: As of `load`.
    optional: As of `load`.
    allow_new_layers: As of `load`.
  """
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
  if not require_all:
    wanting = [name for name in wanting if name.startswith(_ENCODER)]
  if wanting and (require_all or not allow_new_layers):
    raise MissingVariablesError(
      f"{reader.prefix}: {len(wanting)} variables of the model are not in "
      f"the checkpoint: {_listed(wanting)}"
      + _depths(wanted, reader)
      + _similar(wanting, unused)
      + ("" if require_all else _HOW_TO_START)
    )
  return LoadReport(loaded, missing, unused, len(state))


_HOW_TO_START = (
  "\nTo train the missing ones from random values, give --allow_new_layers"
)


def _listed(names: Sequence[str]) -> str:
  shown = ", ".join(names[:_NAMES_SHOWN])
  more = len(names) - _NAMES_SHOWN
  return f"{shown} and {more} more" if more > 0 else shown


def _depth(names: Iterable[str]) -> int:
  """The number of an encoder's layers, by the names of its variables."""
  matches = (_LAYER.match(name) for name in names)
  return max((int(match[1]) + 1 for match in matches if match), default=0)


def _depths(
  wanted: Iterable[str], reader: checkpoint_reader.TensorReader
) -> str:
  """Tells that a model is deeper than its checkpoint, if it is."""
  ours, theirs = _depth(wanted), _depth(reader.shapes)
  if ours <= theirs:
    return ""
  return (
    f"\nThe checkpoint has {theirs} layers, bert_config.json says {ours} "
    "(num_hidden_layers): take the bert_config.json that belongs to the "
    "checkpoint"
  )


def _warn_of_depths(
  wanted: Iterable[str], reader: checkpoint_reader.TensorReader
) -> None:
  """Warns if a checkpoint has more, or fewer, layers than the model."""
  ours, theirs = _depth(wanted), _depth(reader.shapes)
  if not ours or not theirs or ours == theirs:
    return
  logging.warning(
    "%s: the checkpoint has %d layers, bert_config.json says %d "
    "(num_hidden_layers): %s",
    reader.prefix,
    theirs,
    ours,
    f"only the first {ours} are used"
    if ours < theirs
    else f"the last {ours - theirs} are new",
  )


def _similar(wanting: Sequence[str], unused: Collection[str]) -> str:
  """Tells which of a checkpoint's other names resemble those missing."""
  found = {}
  for name in wanting:
    scope = name.rpartition("/")[0].rpartition("/")[0]
    near = [other for other in unused if other.startswith(f"{scope}/")]
    alike = difflib.get_close_matches(name, near, n=1, cutoff=0.8)
    if alike:
      found[name] = alike[0]
  if not found:
    return ""
  lines = [
    f"\n  expected {name}, found {other}"
    for name, other in list(found.items())[:_SIMILAR_SHOWN]
  ]
  more = len(found) - len(lines)
  tail = f"\n  and {more} more" if more > 0 else ""
  return "\nIt has similar names:" + "".join(lines) + tail


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
