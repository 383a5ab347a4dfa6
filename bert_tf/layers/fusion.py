"""Whether the graph that is being made is one that oneDNN fuses.

On the CPU TensorFlow replaces some chains of ops by one kernel, if they are
spelled as it expects them. Two of these spellings are worse everywhere else,
and are used only where this module says so. docs/performance.md has what each
of them gains.
"""

from typing import Any

import tensorflow as tf
from tensorflow.python.util import _pywrap_util_port

_DTYPES = (tf.float32, tf.bfloat16)


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
