"""How much of a training step XLA compiles, by device."""

from typing import Any

import tensorflow as tf

NONE = "none"
GROUPS = (
  "groups"  # the small ops between the products, see kernels/xla_kernels.py
)
WHOLE = "whole"  # forward and backward pass as one program
COMPILATIONS = (NONE, GROUPS, WHOLE)


def choose(jit_compile: bool | None, strategy: Any) -> str:
  """What is compiled.

  On a CPU oneDNN's products beat XLA's, so only what stands between them is
  compiled (where variables are no copies on several devices); on a GPU
  everything. The strategy of TPUs compiles by itself.

  Args:
    jit_compile: True for everything, False for nothing, None for what is best.
    strategy: Where it computes.

  Returns:
    One of `COMPILATIONS`.
  """
  if isinstance(strategy, tf.distribute.TPUStrategy):
    return NONE
  if jit_compile is not None:
    return WHOLE if jit_compile else NONE
  if tf.config.list_logical_devices("GPU"):
    return WHOLE
  is_one = isinstance(strategy, tf.distribute.OneDeviceStrategy)
  return GROUPS if is_one else NONE
