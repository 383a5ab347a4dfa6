"""What all models have in common: Keras saves them and makes them again."""

import os
from collections.abc import Mapping
from typing import Any, Self

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.models import encoder_inputs, loadable_model

_FROZEN = "frozen_layers"


class ConfiguredModel(loadable_model.LoadableModel, keras.Model):
  """A model made of a `BertConfig`, under the argument `config`.

  Further arguments are to be added by the subclass's `get_config`.

  Args:
    config: Sizes and settings.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
    name: Of the model; the names of its variables do not depend on it.
  """

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool,
    dtype: Any,
    name: str,
  ):
    super().__init__(name=name, dtype=dtype)
    self.config = config
    self.use_one_hot_embeddings = use_one_hot_embeddings

  def __repr__(self) -> str:
    """Keras 3 shows it where it refuses the model."""
    name = type(self).__name__
    return f"<{name} {self.name!r} of Keras 2; {keras.IN_KERAS3}>"

  def __call__(self, *args: Any, **kwargs: Any) -> Any:
    """As of any `keras.Model`.

    Raises:
      TypeError: An input is of Keras 3.
    """
    keras.check_not_keras3(type(self).__name__, (args, kwargs), "Input")
    return super().__call__(*args, **kwargs)

  def _validate_compile(
    self, optimizer: Any, metrics: Any, **kwargs: Any
  ) -> None:
    """Keras's `compile` asks this first.

    A model with a `compile` of its own would be loaded without being compiled.
    """
    name = type(self).__name__
    keras.check_not_keras3(name, optimizer, "optimizers")
    keras.check_not_keras3(name, metrics, "metrics")
    super()._validate_compile(optimizer, metrics, **kwargs)

  def inputs_taken(self) -> tuple[str, ...]:
    """The names of the inputs, int32 [B, S] each or [B, P] of positions."""
    return encoder_inputs.NAMES

  def declare_inputs(self) -> None:
    """Tells Keras the inputs, so that it writes a SavedModel of any shape.

    Else it would write one of the shape of the first call, or none before.
    """
    self._set_save_spec(
      {
        name: tf.TensorSpec([None, None], tf.int32, name)
        for name in self.inputs_taken()
      }
    )

  def get_config(self) -> dict[str, Any]:
    """The arguments, and which layers are frozen, for saving by Keras."""
    return {
      "config": self.config.to_dict(),
      "use_one_hot_embeddings": self.use_one_hot_embeddings,
      "dtype": self.dtype_policy.name,
      "name": self.name,
      # By the order of layers: that of an HDF5 file's weights depends on it.
      _FROZEN: [
        index
        for index, layer in enumerate(self._flatten_layers())
        if not layer._trainable
      ],
    }

  @classmethod
  def from_config(
    cls,
    config: Mapping[str, Any],
    custom_objects: Mapping[str, Any] | None = None,
  ) -> Self:
    """Makes a model of what `get_config` gave, with new weights."""
    del custom_objects  # there are no others in it
    values = dict(config)
    frozen = values.pop(_FROZEN, None)
    values["config"] = bert_config.BertConfig.from_dict(values["config"])
    model = cls(**values)
    if frozen is not None:
      # A layer comes before those in it, which take over what it is set to.
      for index, layer in enumerate(model._flatten_layers()):
        layer.trainable = index not in frozen
    return model

  def save(
    self,
    filepath: str | os.PathLike[str],
    overwrite: bool = True,
    save_format: str | None = None,
    **kwargs: Any,
  ) -> None:
    """As of any `keras.Model`; and writes HDF5, too.

    Keras itself writes HDF5 of functional and sequential models alone.
    """
    if keras.is_hdf5(filepath, save_format):
      keras.save_hdf5(self, os.fspath(filepath), overwrite, **kwargs)
    else:
      super().save(filepath, overwrite, save_format, **kwargs)
