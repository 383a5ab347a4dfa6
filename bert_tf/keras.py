"""Keras, imported here and nowhere else: tf_keras, the Keras 2 line.

Everything else writes `from bert_tf import keras`, then `keras.layers.Layer`.
`bert_tf/__init__.py` has set TF_USE_LEGACY_KERAS=1 before, so that TensorFlow's
own `tf.keras` is this Keras too, wherever TensorFlow was not imported earlier.
"""

import io
import json
import os
from typing import Any

import h5py
import tensorflow as tf
from tf_keras import (
  Input,
  Model,
  Sequential,
  activations,
  callbacks,
  initializers,
  layers,
  losses,
  mixed_precision,
  models,
  optimizers,
  utils,
)
from tf_keras.src.engine import keras_tensor
from tf_keras.src.saving.legacy import hdf5_format, saving_utils
from tf_keras.src.utils import io_utils

from bert_tf.system import output_files

# Decorates what Keras saves and makes again by its class.
_PACKAGE = "bert_tf"
serializable = utils.register_keras_serializable(package=_PACKAGE)

# Those of Keras before 2.11, as tensorflow-addons has them.
legacy_optimizers = optimizers.legacy

IN_KERAS3 = "in Keras 3 wrap the model: bert_tf.as_keras3_layer(model)"

__all__ = [
  "IN_KERAS3",
  "Input",
  "Model",
  "Sequential",
  "activations",
  "callbacks",
  "check_not_keras3",
  "initializers",
  "is_hdf5",
  "is_tensorflow_s",
  "keras_tensor",
  "layers",
  "legacy_optimizers",
  "losses",
  "mixed_precision",
  "models",
  "optimizers",
  "registered_classes",
  "save_hdf5",
  "serializable",
  "utils",
]


def is_tensorflow_s() -> bool:
  """Whether `tf.keras` is this Keras, as packages built on it need.

  It is not where TensorFlow was imported first and took Keras 3.
  """
  return issubclass(tf.keras.Model, Model)


def registered_classes() -> dict[str, Any]:
  """What `serializable` has decorated, by the names in files."""
  return {
    name: value
    for name, value in utils.get_custom_objects().items()
    if name.startswith(f"{_PACKAGE}>")
  }


def check_not_keras3(model: str, values: Any, instead: str) -> None:
  """Checks that what a model is given is not of Keras 3, the package `keras`.

  Args:
    model: The model, for the message.
    values: What it is given, nested.
    instead: What to take of tf_keras.

  Raises:
    TypeError: Some of it is.
  """
  for value in tf.nest.flatten(values):
    kinds = [kind.__module__.partition(".")[0] for kind in type(value).__mro__]
    if "keras" in kinds:
      name = getattr(value, "name", None) or type(value).__name__
      raise TypeError(
        f"{model} is of tf_keras, but {name!r} is of Keras 3: take "
        f"tf_keras.{instead}, or {IN_KERAS3}"
      )


def is_hdf5(path: str | os.PathLike[str], save_format: str | None) -> bool:
  """Whether `Model.save` would write HDF5 with these arguments."""
  if save_format:
    return save_format in ("h5", "hdf5")
  return os.fspath(path).endswith((".h5", ".hdf5"))


def save_hdf5(
  model: Any, path: str, overwrite: bool = True, include_optimizer: bool = True
) -> None:
  """Writes a model with its class, configuration and optimizer as HDF5.

  Keras itself does so for functional and sequential models alone; it reads the
  file of any class that makes its variables when it is constructed. As Keras
  does, it asks before it replaces a file, unless `overwrite` is set.
  """
  if (
    not overwrite
    and os.path.isfile(path)
    and not io_utils.ask_to_proceed_with_overwrite(path)
  ):
    return
  saving_utils.try_build_compiled_arguments(model)
  # In memory first: what cannot be written leaves an older file as it is.
  data = io.BytesIO()
  with h5py.File(data, "w") as file:
    hdf5_format.save_model_to_hdf5(model, file, overwrite, include_optimizer)
    # Written by its bare name, by which it would not be found.
    written = json.loads(file.attrs["model_config"])
    written["class_name"] = utils.get_registered_name(type(model))
    file.attrs["model_config"] = json.dumps(written).encode()
  output_files.write_atomically(path, data.getvalue())
