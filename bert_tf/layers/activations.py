"""Activation functions by the names of bert_config.json."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from bert_tf.kernels import modes


def gelu(x: Any) -> Any:
  """Gaussian error linear unit in its tanh form.

  0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); any shape, any float
  dtype. Source: modeling.py, `gelu`; Hendrycks and Gimpel, arXiv 1606.08415.
  """
  return modes.INFERENCE.gelu(x)


def gelu_erf(x: Any) -> Any:
  """Gaussian error linear unit itself: 0.5 x (1 + erf(x / sqrt(2))).

  Hugging Face calls this one "gelu". The tanh form is off by at most 4.8e-4.
  """
  return tf.nn.gelu(x, approximate=False)


_BY_NAME: dict[str, Callable[[Any], Any] | None] = {
  "gelu": gelu,
  "gelu_erf": gelu_erf,
  "relu": tf.nn.relu,
  "tanh": tf.tanh,
  "linear": None,
}


def get_activation(name: str | None) -> Callable[[Any], Any] | None:
  """The function of a `hidden_act`; None where nothing is applied.

  Raises:
    ValueError: The name is not known.
  """
  if not name:
    return None
  if name.lower() not in _BY_NAME:
    raise ValueError(
      f"hidden_act={name!r} is not known; it is one of {', '.join(_BY_NAME)}"
    )
  return _BY_NAME[name.lower()]


def activate(x: Any, name: str | None, kernels: modes.Kernels) -> Any:
  """Applies a `hidden_act` to `x`, of any shape."""
  function = get_activation(name)
  if function is gelu:
    return kernels.gelu(x)
  return function(x) if function else x
