"""Keras, imported here and nowhere else: tf_keras, the Keras 2 line.

Everything else writes `from bert_tf import keras`, then `keras.layers.Layer`.
`bert_tf/__init__.py` has set TF_USE_LEGACY_KERAS=1 before, so that TensorFlow's
own `tf.keras` is this Keras too, wherever TensorFlow was not imported earlier.
"""

import tensorflow as tf
from tf_keras import (
  Model,
  activations,
  initializers,
  layers,
  mixed_precision,
  optimizers,
  utils,
)
from tf_keras.src.engine import keras_tensor

__all__ = [
  "Model",
  "activations",
  "initializers",
  "is_tensorflow_s",
  "keras_tensor",
  "layers",
  "mixed_precision",
  "optimizers",
  "utils",
]


def is_tensorflow_s() -> bool:
  """Whether `tf.keras` is this Keras, as packages built on it need.

  It is not where TensorFlow was imported first and took Keras 3.
  """
  return issubclass(tf.keras.Model, Model)
