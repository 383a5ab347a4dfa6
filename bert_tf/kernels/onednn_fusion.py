"""Whether the graph that is being made is one that oneDNN fuses.

On the CPU TensorFlow replaces some chains of ops by one kernel, if they are
spelled as it expects them. Two of these spellings are worse everywhere else,
and are used only where this module says so. docs/performance.md has what each
of them gains.
"""

import os
from typing import Any

import tensorflow as tf
from tensorflow.python.util import _pywrap_util_port

_DTYPES = (tf.float32, tf.bfloat16)
_FROZEN = "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS"


def is_on() -> bool:
  """Whether oneDNN's kernels are in use; TF_ENABLE_ONEDNN_OPTS decides."""
  return bool(_pywrap_util_port.IsMklEnabled())


def is_wanted(dtype: Any, training: bool) -> bool:
  """Whether to spell ops for oneDNN.

  That is for inference, in a graph (ops that run one by one are not fused), on
  a machine that has no device but its CPU.

  Args:
    dtype: What is computed in.
    training: Whether this is the forward pass of training.
  """
  if training or dtype not in _DTYPES or not tf.inside_function():
    return False
  kinds = {device.device_type for device in tf.config.list_logical_devices()}
  return kinds == {"CPU"} and is_on()


def assume_frozen_weights() -> None:
  """Lets oneDNN bring each weight into its own order once, not every time.

  For processes that apply models and never train: call it before anything is
  computed. From then on a fused product in a graph keeps the weights of its
  first call, whatever is assigned to the variable or given to the function
  later. It is an environment variable of TensorFlow; what the user has set it
  to stays.
  """
  os.environ.setdefault(_FROZEN, "1")


def check_trainable() -> None:
  """Checks that weights are not assumed to be frozen.

  Raises:
    ValueError: They are; what is trained would compute with its first weights.
  """
  found = os.environ.get(_FROZEN, "0")
  if found.lower() not in ("0", "false"):
    raise ValueError(
      f"the environment variable {_FROZEN} is {found!r}: every step would "
      "compute with the weights of the first; unset it where models are trained"
    )
