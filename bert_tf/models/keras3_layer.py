"""A model as a layer of Keras 3, on its TensorFlow backend.

Importing this module imports Keras 3, the package `keras`, beside the Keras 2
that the models are made of. TensorFlow brings it along.
"""

import importlib
from typing import Any, Self

from bert_tf import keras
from bert_tf.models import configured_model

_keras3: Any = importlib.import_module("keras")


def as_keras3_layer(model: Any) -> Any:
  """Makes a layer for `keras.Model` and `keras.Sequential` of Keras 3.

  The layer computes with the model, whose variables are the layer's weights:
  what trains the one trains the other, so that the model's `save_checkpoint`
  writes what Keras 3 has trained. Layers of the model that are frozen before
  stay frozen.

  Args:
    model: A model of `bert_tf`.

  Returns:
    A `keras.layers.Layer`, which is called as the model is. Keras 3 saves it
    in `.keras` files; import this package before loading one.

  Raises:
    TypeError: It is not such a model.
    RuntimeError: Keras 3 has another backend than TensorFlow.
  """
  if not isinstance(model, configured_model.ConfiguredModel):
    raise TypeError(
      f"as_keras3_layer: {type(model).__name__} is not a model of bert_tf"
    )
  return Keras3Layer(model, name=model.name)


@_keras3.saving.register_keras_serializable(package="bert_tf")
class Keras3Layer(_keras3.layers.Layer):
  """See `as_keras3_layer`.

  Attributes:
    model: The model.
  """

  def __init__(self, model: Any, **kwargs: Any):
    backend = _keras3.backend.backend()
    if backend != "tensorflow":
      raise RuntimeError(
        f"Keras 3 has the backend {backend!r}, expected 'tensorflow': set "
        "KERAS_BACKEND=tensorflow before keras is imported"
      )
    super().__init__(**kwargs)
    self.model = model
    trained = {id(variable) for variable in model.trainable_variables}
    for variable in model.variables:
      self._track_variable(_shared(variable, id(variable) in trained))
    self.built = True

  def call(self, inputs: Any, training: bool = False, **kwargs: Any) -> Any:
    """As of the model; `inputs` are its first argument."""
    return self.model(inputs, training=training, **kwargs)

  def get_config(self) -> dict[str, Any]:
    """The model's class and configuration, for saving by Keras 3."""
    model = keras.utils.serialize_keras_object(self.model)
    return {**super().get_config(), "model": model}

  @classmethod
  def from_config(cls, config: dict[str, Any]) -> Self:
    """Makes a layer of what `get_config` gave."""
    values = dict(config)
    model = keras.utils.deserialize_keras_object(values.pop("model"))
    return cls(model, **values)


def _shared(variable: Any, trainable: bool) -> Any:
  """A variable of Keras 3 that is this one of TensorFlow, not a copy."""
  return _keras3.Variable(
    initializer=variable,
    shape=variable.shape,
    dtype=variable.dtype.name,
    trainable=trainable,
    # Those of Keras 3 have no slashes in their names.
    name=variable.name.partition(":")[0].replace("/", "_"),
  )
