"""Number formats of a run."""

from typing import Any

from bert_tf import keras
from bert_tf.training import device_settings


def policy(precision: str) -> Any:
  """The Keras policy: variables stay float32 in all of them.

  Raises:
    ValueError: The name is not known.
  """
  device_settings.check_precision(precision)
  return keras.mixed_precision.Policy(precision)


def needs_loss_scale(precision: str) -> bool:
  """Whether gradients may vanish: float16 has too small a range."""
  return precision == "mixed_float16"
