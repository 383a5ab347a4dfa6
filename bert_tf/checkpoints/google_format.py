"""Google's name-based checkpoints: finding, reading, loading, writing.

A checkpoint is a prefix, `bert_model.ckpt`, with the files
`prefix.index` and `prefix.data-00000-of-00001`; a `.meta` file is not needed.
"""

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf import bert_config, files
from bert_tf.checkpoints import (
  checkpoint_prefix,
  portable_model,
  run_metadata,
  variable_names,
)

_INDEX = ".index"
_DATA = ".data-00000-of-00001"
_DEFAULT = "bert_model.ckpt"
_CONFIG = portable_model.CONFIG
# Further keys of the bert_config.json that this project writes. The original
# leaves keys alone that it does not know.
_NOTES = ("do_lower_case", "labels", "labels_of")


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


def find_checkpoint(path: str | os.PathLike[str]) -> str:
  """The checkpoint prefix that `path` stands for.

  Args:
    path: A prefix, its `.index` file, or a folder: one with a `checkpoint`
      file (its latest), with bert_model.ckpt, or with just one checkpoint.

  Raises:
    FileNotFoundError: There is none; the message says what was looked for.
  """
  path = os.fspath(path)
  path = path.removesuffix(_INDEX)
  if tf.io.gfile.exists(path + _INDEX):
    return path
  if not tf.io.gfile.isdir(path):
    raise FileNotFoundError(
      f"no checkpoint at {path}: there is no file {path + _INDEX}; give the "
      "prefix (.../bert_model.ckpt) or the folder that holds it"
    )
  latest, _ = checkpoint_prefix.listed(path)
  if latest and tf.io.gfile.exists(latest + _INDEX):
    return latest
  found = [
    os.path.join(path, name.removesuffix(_INDEX))
    for name in files.names_in(path)
    if name.endswith(_INDEX)
  ]
  default = os.path.join(path, _DEFAULT)
  if default in found:
    return default
  if len(found) == 1:
    return found[0]
  raise FileNotFoundError(
    f"no checkpoint in {path}: expected {_DEFAULT}{_INDEX}, found "
    f"{', '.join(map(os.path.basename, found)) or 'no .index file'}"
  )


def find_config(prefix: str) -> bert_config.BertConfig:
  """Reads the bert_config.json beside a checkpoint.

  Raises:
    FileNotFoundError: There is none.
  """
  path = os.path.join(os.path.dirname(prefix), _CONFIG)
  if not tf.io.gfile.exists(path):
    raise FileNotFoundError(
      f"no {_CONFIG} beside the checkpoint {prefix}; give the configuration"
    )
  return bert_config.BertConfig.from_json_file(path)


class Reader:
  """One checkpoint, read by name.

  Raises:
    FileNotFoundError: There is none.
    ValueError: The files are damaged, or as of `checkpoint_prefix.check_path`.
  """

  def __init__(self, path: str | os.PathLike[str]):
    self.prefix = find_checkpoint(path)
    checkpoint_prefix.check_path(self.prefix)
    try:
      self._reader = tf.train.load_checkpoint(self.prefix)
      self.shapes: dict[str, tuple[int, ...]] = {
        name: tuple(shape)
        for name, shape in self._reader.get_variable_to_shape_map().items()
      }
      self.dtypes: dict[str, str] = {
        name: dtype.name
        for name, dtype in self._reader.get_variable_to_dtype_map().items()
      }
    except (tf.errors.OpError, RuntimeError) as error:
      raise ValueError(self._damaged(error)) from error

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """One tensor.

    Raises:
      KeyError: There is no such name.
      ValueError: The data file is damaged.
    """
    if name not in self.shapes:
      raise KeyError(f"{self.prefix} has no variable {name!r}")
    try:
      value = self._reader.get_tensor(name)
    except (tf.errors.OpError, RuntimeError, IndexError) as error:
      raise ValueError(self._damaged(error)) from error
    # As an array of bytes a string would lose zero bytes at its end.
    return np.asarray(value, object if isinstance(value, bytes) else None)

  def config(self) -> bert_config.BertConfig:
    """The configuration; see `find_config`."""
    return find_config(self.prefix)

  def _damaged(self, error: Exception) -> str:
    return (
      f"{self.prefix}: cannot read the checkpoint, its files are damaged or "
      f"incomplete: {error}"
    )


def load(
  variables: Iterable[Any],
  checkpoint: Any,
  require_all: bool = False,
  optional: Collection[str] = (),
) -> LoadReport:
  """Sets a model's variables from a checkpoint, by name.

  Nothing is set unless all that fits by name fits by shape too.

  Args:
    variables: The model's variables, named as in Google's checkpoints.
    checkpoint: A reader (see `formats.reader`), or what `find_checkpoint`
      takes.
    require_all: Whether a variable without a value is an error.
    optional: Names that are left out of that.

  Raises:
    ValueError: Nothing fits, a shape differs, or with `require_all` a
      variable is missing; the message names the variables.
  """
  reader = checkpoint
  if isinstance(checkpoint, str | os.PathLike):
    reader = Reader(checkpoint)
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
  reader: Any,
  require_all: bool = False,
  optional: Collection[str] = (),
) -> LoadReport:
  """What loading `reader` into the variables `wanted` would do; see `load`."""
  loaded = {n: reader.shapes[n] for n in wanted if n in reader.shapes}
  missing = tuple(name for name in wanted if name not in reader.shapes)
  others = sorted(set(reader.shapes) - set(wanted))
  state = [name for name in others if variable_names.is_training_state(name)]
  unused = tuple(
    name for name in others if not variable_names.is_training_state(name)
  )
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


def recognises(path: str) -> bool:
  """Whether there is a name-based checkpoint."""
  try:
    find_checkpoint(path)
  except FileNotFoundError:
    return False
  return True


def read(
  path: str, config: bert_config.BertConfig | None = None
) -> portable_model.Portable:
  """A checkpoint with the files beside it, training state included.

  Args:
    path: What `find_checkpoint` takes.
    config: Instead of the bert_config.json beside.

  Raises:
    FileNotFoundError: There is no bert_config.json.
    ValueError: A file is damaged.
  """
  reader = Reader(path)
  config = config or reader.config()
  extra = {k: v for k, v in config.extra.items() if k not in _NOTES}
  told = notes(reader.prefix, config)
  lower, labels_of = told.get("do_lower_case"), told.get("labels_of")
  return portable_model.Portable(
    path=reader.prefix,
    config=dataclasses.replace(config, extra=extra),
    tensors={name: reader.read(name) for name in sorted(reader.shapes)},
    vocabulary=portable_model.read_vocabulary(os.path.dirname(reader.prefix)),
    do_lower_case=lower if isinstance(lower, bool) else None,
    labels=_labels(told),
    labels_of=labels_of if isinstance(labels_of, str) else None,
  )


def labels(path: str) -> tuple[str, ...]:
  """The labels of a classifier, as far as the files beside it tell them."""
  prefix = find_checkpoint(path)
  try:
    config = find_config(prefix)
  except FileNotFoundError:
    config = None
  return _labels(notes(prefix, config))


def _labels(told: Mapping[str, Any]) -> tuple[str, ...]:
  found = told.get("labels")
  return tuple(map(str, found)) if isinstance(found, list) else ()


def notes(
  prefix: str, config: bert_config.BertConfig | None
) -> Mapping[str, Any]:
  """What a converter wrote into bert_config.json, or a runner beside it.

  Returns:
    `do_lower_case`, `labels` and `labels_of` as of `Portable`, so far as they
    are known.
  """
  extra = config.extra if config else {}
  told = {key: extra[key] for key in _NOTES if key in extra}
  run = run_metadata.beside(prefix)
  if run is not None:  # It knows better than a configuration it started with.
    told |= {"labels": list(run.labels or ()), "labels_of": run.labels_of}
  return told


def lost(model: portable_model.Portable) -> list[str]:
  """What this form cannot hold: nothing."""
  del model
  return []


def write(model: portable_model.Portable, folder: str) -> None:
  """Writes bert_model.ckpt, bert_config.json and vocab.txt."""
  notes = {
    "do_lower_case": model.do_lower_case,
    "labels": list(model.labels) or None,
    "labels_of": model.labels_of,
  }
  known = {key: value for key, value in notes.items() if value is not None}
  config = dataclasses.replace(
    model.config, extra=dict(model.config.extra) | known
  )
  save(model.tensors, os.path.join(folder, _DEFAULT))
  portable_model.write_config(dataclasses.replace(model, config=config), folder)
  if model.vocabulary is not None:
    files.write_atomically(
      os.path.join(folder, portable_model.VOCABULARY), model.vocabulary_bytes()
    )


def save(values: Mapping[str, Any], prefix: str) -> None:
  """Writes tensors under their names, by the op of TensorFlow's own Saver.

  Both files are written whole under temporary names, then renamed, the index
  last.

  Args:
    values: Tensors, variables or arrays by name.
    prefix: Where to; `prefix.index` and `prefix.data-...` are replaced.

  Raises:
    ValueError: As of `checkpoint_prefix.check_path`.
  """
  checkpoint_prefix.check_path(prefix)
  folder = os.path.dirname(prefix)
  if folder:
    tf.io.gfile.makedirs(folder)
  ordered = sorted(values)
  tensors = [tf.convert_to_tensor(_plain(values[name])) for name in ordered]
  temporary = f"{prefix}.tmp-{os.getpid()}"
  try:
    with tf.device("CPU:0"):
      tf.raw_ops.SaveV2(
        prefix=temporary,
        tensor_names=ordered,
        shape_and_slices=[""] * len(ordered),
        tensors=tensors,
      )
    for ending in (_DATA, _INDEX):
      files.sync(temporary + ending)
    for ending in (_DATA, _INDEX):
      files.rename(temporary + ending, prefix + ending)
  except BaseException:
    checkpoint_prefix.remove(temporary)
    raise


def _plain(value: Any) -> Any:
  """This process's copy of a variable that a strategy may have mirrored."""
  copies = getattr(value, "values", None)
  return copies[0] if isinstance(copies, list | tuple) and copies else value
