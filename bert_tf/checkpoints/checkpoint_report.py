"""What a checkpoint holds, and what tells two apart."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from bert_tf import bert_config
from bert_tf.checkpoints import (
  formats,
  portable_model,
  variable_names,
  variable_shapes,
)

# All of Google's models have attention heads of this size.
_HEAD_SIZE = 64


@dataclasses.dataclass(frozen=True)
class Inspection:
  """What a checkpoint holds.

  Attributes:
    path: Where it is.
    form: The name of its format.
    tensors: Shape and type of the model's variables, by name.
    training_state: The same of the optimizer's entries.
    heads: Keys of `portable_model.HEADS`.
    config: The configuration; None if there is none.
    problem: Why there is none, or why it does not fit; None if it fits.
    told: The settings that the shapes tell; empty if it is not a BERT.
  """

  path: str
  form: str
  tensors: Mapping[str, tuple[tuple[int, ...], str]]
  training_state: Mapping[str, tuple[tuple[int, ...], str]]
  heads: tuple[str, ...]
  config: bert_config.BertConfig | None
  problem: str | None
  told: Mapping[str, int]

  def parameters(self) -> int:
    """Numbers in the model, the optimizer's apart."""
    return sum(int(np.prod(shape)) for shape, _ in self.tensors.values())

  def to_dict(self) -> dict[str, Any]:
    """As JSON can hold it."""
    return {
      "path": self.path,
      "form": self.form,
      "parameters": self.parameters(),
      "heads": list(self.heads),
      "training_state": len(self.training_state),
      "config": self.config.to_dict() if self.config else None,
      "problem": self.problem,
      "told_by_shapes": dict(self.told),
      "tensors": {
        name: {"shape": list(shape), "dtype": dtype}
        for name, (shape, dtype) in self.tensors.items()
      },
    }

  def lines(self) -> list[str]:
    """To be read."""
    found = [f"{self.path}: form {self.form}"]
    found += [
      f"  {name}  {list(shape)}  {dtype}"
      for name, (shape, dtype) in self.tensors.items()
    ]
    found.append(f"{len(self.tensors)} tensors, {self.parameters():,} numbers")
    found.append(f"heads: {', '.join(self.heads) or 'none'}")
    state = len(self.training_state)
    found.append(f"optimizer's state: {state or 'no'} entries")
    if self.config:
      settings = self.config.to_dict().items()
      found.append("configuration:")
      found += [f"  {key}: {value}" for key, value in sorted(settings)]
    if self.problem:
      found.append(f"configuration: {self.problem}")
    if not self.config or self.problem:
      found += [f"  shapes tell: {k}: {v}" for k, v in self.told.items()]
      found += self._guess()
    return found

  def _guess(self) -> list[str]:
    heads, rest = divmod(self.told.get("hidden_size", 0), _HEAD_SIZE)
    if not heads or rest:
      return ["  shapes do not tell: num_attention_heads"]
    return [
      f"  shapes do not tell num_attention_heads; {heads}, if heads are of "
      f"{_HEAD_SIZE} as in Google's models"
    ]


def inspect(path: str) -> Inspection:
  """Looks at a checkpoint of any form.

  Raises:
    FileNotFoundError: There is none.
    ValueError: It is damaged.
  """
  form = formats.recognise(path)
  reader = formats.reader(path)
  found = {
    name: (reader.shapes[name], reader.dtypes[name])
    for name in sorted(reader.shapes)
  }
  state = variable_names.training_state(found.keys())
  tensors = {n: v for n, v in found.items() if n not in state}
  config, problem = None, None
  try:
    told = variable_shapes.settings(reader.shapes, path)
  except ValueError as error:
    told, problem = {}, str(error)
  try:
    config = reader.config()
    problem = problem or _difference(config, told, reader.shapes)
  except (FileNotFoundError, ValueError) as error:
    problem = problem or str(error)
  return Inspection(
    path=reader.prefix,
    form=form,
    tensors=tensors,
    training_state={n: v for n, v in found.items() if n in state},
    heads=tuple(portable_model.heads(tensors)),
    config=config,
    problem=problem,
    told=told,
  )


def _difference(
  config: bert_config.BertConfig,
  told: Mapping[str, int],
  found: Mapping[str, tuple[int, ...]],
) -> str | None:
  """What a configuration says otherwise than the shapes."""
  given = config.to_dict()
  wrong = [
    f"{key} is {given[key]}, the variables have {told[key]}"
    for key in told
    if given[key] != told[key]
  ]
  if wrong:
    return f"does not fit: {'; '.join(wrong)}"
  wrong = [
    f"{name} has the shape {list(found[name])}, expected {list(shape)}"
    for name, shape in variable_shapes.shapes(config).items()
    if name in found and found[name] != shape
  ]
  return f"does not fit: {'; '.join(wrong)}" if wrong else None


@dataclasses.dataclass(frozen=True)
class Comparison:
  """What tells two checkpoints apart, by names of variables.

  Attributes:
    only_first: Names.
    only_second: Names.
    shapes: Both shapes where they differ.
    differences: The largest absolute difference of each common variable; NaN
      where one has NaN and the other has not.
  """

  only_first: tuple[str, ...]
  only_second: tuple[str, ...]
  shapes: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]
  differences: Mapping[str, float]

  @property
  def changed(self) -> dict[str, float]:
    """The differences that are not 0."""
    return {name: d for name, d in self.differences.items() if d != 0}

  @property
  def equal(self) -> bool:
    """Whether nothing differs."""
    return not (
      self.only_first or self.only_second or self.shapes or self.changed
    )

  def to_dict(self) -> dict[str, Any]:
    """As JSON can hold it; NaN as null."""
    return {
      "equal": self.equal,
      "only_first": list(self.only_first),
      "only_second": list(self.only_second),
      "shapes": {name: list(pair) for name, pair in self.shapes.items()},
      "differences": {
        name: None if np.isnan(value) else value
        for name, value in self.differences.items()
      },
    }

  def lines(self) -> list[str]:
    """To be read; the last line sums up."""
    found = [f"only in the first: {name}" for name in self.only_first]
    found += [f"only in the second: {name}" for name in self.only_second]
    found += [
      f"{name}: {list(first)} in the first, {list(second)} in the second"
      for name, (first, second) in self.shapes.items()
    ]
    changed = self.changed
    found += [
      f"{name}: differs by up to {value:.3g}" for name, value in changed.items()
    ]
    same = len(self.differences) - len(changed)
    found.append(
      f"{same} tensors equal, {len(changed)} of other values, "
      f"{len(self.shapes)} of other shapes, {len(self.only_first)} only in the "
      f"first, {len(self.only_second)} only in the second"
    )
    return found


def compare(first: str, second: str) -> Comparison:
  """Compares two checkpoints of any forms, the optimizer's state included.

  Raises:
    FileNotFoundError: There is none.
    ValueError: One is damaged.
  """
  readers = [formats.reader(os.fspath(path)) for path in (first, second)]
  one, two = (reader.shapes for reader in readers)
  common = [name for name in sorted(one) if name in two]
  return Comparison(
    only_first=tuple(sorted(set(one) - set(two))),
    only_second=tuple(sorted(set(two) - set(one))),
    shapes={
      name: (one[name], two[name]) for name in common if one[name] != two[name]
    },
    differences={
      name: _largest(*(reader.read(name) for reader in readers))
      for name in common
      if one[name] == two[name]
    },
  )


def _largest(one: Any, two: Any) -> float:
  wide, other = one.astype(np.float64), two.astype(np.float64)
  equal = (one == two) | (np.isnan(wide) & np.isnan(other))
  with np.errstate(invalid="ignore"):
    difference = np.abs(wide - other)[~equal]
  return float(difference.max(initial=0.0))
