"""Number formats of a run."""

from typing import Any

from bert_tf import keras

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def policy(precision: str) -> Any:
  """The Keras policy: variables stay float32 in all of them.

  Raises:
    ValueError: The name is not known.
  """
  if precision not in PRECISIONS:
    raise ValueError(
      f"precision={precision!r} is not known; it is one of "
      f"{', '.join(PRECISIONS)}"
    )
  return keras.mixed_precision.Policy(precision)


def needs_loss_scale(precision: str) -> bool:
  """Whether gradients may vanish: float16 has too small a range."""
  return precision == "mixed_float16"
