"""Name-based checkpoints, and other models shown like one, read by name."""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_prefix,
  portable_model,
  run_metadata,
)
from bert_tf.system import error_text

# What TensorFlow's reader raises where bytes are not what was written.
_DAMAGED = (
  *(tf.errors.OpError, RuntimeError, IndexError, MemoryError),
  *(TypeError, ValueError, SystemError),
)


class TensorReader(Protocol):
  """A checkpoint whose tensors are read one by one, under Google's names.

  Attributes:
    prefix: Where it is, for messages.
    shapes: The shape of each tensor.
    dtypes: The type of each tensor, by its NumPy name.
  """

  prefix: str
  shapes: Mapping[str, tuple[int, ...]]
  dtypes: Mapping[str, str]

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """Returns one tensor.

    Raises:
      KeyError: There is no such name.
      ValueError: The data file is damaged.
    """

  def config(self) -> bert_config.BertConfig:
    """Returns the model's configuration.

    Raises:
      FileNotFoundError: There is none.
    """


def in_order(names: Iterable[str]) -> list[str]:
  """Names of variables in the order in which they lie in the file.

  TensorFlow's reader of objects in buckets reads 64 MB ahead, and again all of
  that for whatever lies before.
  """
  return sorted(names)


def find_config(prefix: str) -> bert_config.BertConfig:
  """Reads the bert_config.json beside a checkpoint, or of the run it is of.

  Raises:
    FileNotFoundError: There is none.
  """
  folder = run_metadata.folder_with(portable_model.CONFIG, prefix)
  if folder is None:
    raise FileNotFoundError(
      f"no {portable_model.CONFIG} beside the checkpoint {prefix}; give the "
      "configuration"
    )
  return bert_config.BertConfig.from_json_file(
    os.path.join(folder, portable_model.CONFIG)
  )


class Reader(TensorReader):
  """A name-based checkpoint on disk.

  Args:
    path: What `checkpoint_prefix.find` takes.

  Raises:
    FileNotFoundError: There is none.
    ValueError: The files are damaged, or as of `checkpoint_prefix.check_path`.
  """

  def __init__(self, path: str | os.PathLike[str]):
    self.prefix = checkpoint_prefix.find(path)
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
    except _DAMAGED as error:
      raise ValueError(self._damaged(error)) from error

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """See `TensorReader`."""
    if name not in self.shapes:
      raise KeyError(f"{self.prefix} has no variable {name!r}")
    try:
      value = self._reader.get_tensor(name)
    except _DAMAGED as error:
      raise ValueError(self._damaged(error)) from error
    # As an array of bytes a string would lose zero bytes at its end.
    return np.asarray(value, object if isinstance(value, bytes) else None)

  def config(self) -> bert_config.BertConfig:
    """See `find_config`."""
    return find_config(self.prefix)

  def _damaged(self, error: Exception) -> str:
    return (
      f"{self.prefix}: cannot read the checkpoint, its files are damaged or "
      f"incomplete: {error_text.plain(error)}"
    )


class PortableReader(TensorReader):
  """A model in memory, of whatever format, shown like a checkpoint."""

  def __init__(self, model: portable_model.Portable):
    self.prefix = model.path
    self._model = model
    self.shapes: dict[str, tuple[int, ...]] = {
      name: value.shape for name, value in model.tensors.items()
    }
    self.dtypes: dict[str, str] = {
      name: value.dtype.name for name, value in model.tensors.items()
    }

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """See `TensorReader`."""
    if name not in self.shapes:
      raise KeyError(f"{self.prefix} has no variable {name!r}")
    return self._model.tensors[name]

  def config(self) -> bert_config.BertConfig:
    """The configuration."""
    return self._model.config
