"""How much of a training step XLA compiles, by device."""

from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf.training import device_settings

NONE = "none"
GROUPS = "groups"  # the element-wise ops between the matmuls, see xla_kernels
WHOLE = "whole"  # forward and backward pass as one program
COMPILATIONS = (NONE, GROUPS, WHOLE)
# Below this share of padding, packed steps are slower than padded ones.
_LITTLE_PADDING = 0.1


def choose(jit_compile: bool | None, strategy: Any) -> str:
  """What is compiled.

  On a CPU oneDNN's matmuls beat XLA's, so only the element-wise ops between
  them are compiled (where variables are no copies on several devices); on a GPU
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


def packs(
  devices: device_settings.DeviceSettings,
  compilation: str,
  strategy: Any,
  uses_padding: bool,
  padding: float | None = None,
) -> bool:
  """Whether a training step leaves padding out.

  Its shapes then depend on lengths, which a step that is compiled as a whole
  does not allow.

  Args:
    devices: `pack` and `length_buckets` are read. `pack` of None packs on a
      CPU, where the losses do not depend on padding and it pays.
    compilation: One of `COMPILATIONS`.
    strategy: Where it computes.
    uses_padding: As of `objectives.Objective`.
    padding: Share of the positions that are padding, 0 to 1; None if that is
      not known yet.

  Raises:
    ValueError: It is wanted and not possible; or length buckets are, and the
      losses depend on padding.
  """
  is_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
  is_static = is_tpu or compilation == WHOLE
  if devices.pack and is_static:
    raise ValueError(_not_static(is_tpu, devices.jit_compile))
  if devices.pack and uses_padding:
    raise ValueError(
      "pack=True leaves out padding, which this objective counts among the "
      "tokens: make the objective with uses_padding=False"
    )
  if devices.length_buckets:
    if uses_padding:
      raise ValueError(
        "length_buckets cuts off padding, which this objective counts among "
        "the tokens: make the objective with uses_padding=False"
      )
    return False
  if devices.pack is not None:
    return devices.pack
  has_gpu = bool(tf.config.list_logical_devices("GPU"))
  if is_static or has_gpu or uses_padding:
    return False
  if padding is None:
    return True
  if padding < _LITTLE_PADDING:
    logging.info(
      "only %.1f%% of the positions are padding: training steps compute it, "
      "which is faster (--pack skips it)",
      100 * padding,
    )
    return False
  logging.info(
    "%.0f%% of the positions are padding: training steps skip it", 100 * padding
  )
  return True


def _not_static(is_tpu: bool, jit_compile: bool | None) -> str:
  """Why a step of static shapes cannot leave padding out."""
  needs = "pack=True needs batch shapes that vary from step to step, which"
  instead = "length_buckets skips part of the padding there"
  if is_tpu:
    return f"{needs} a TPU does not allow: leave pack out; {instead}"
  if jit_compile:
    return f"{needs} jit_compile=True does not allow: leave one out; {instead}"
  return (
    f"{needs} the default on a GPU does not allow (XLA compiles the whole "
    f"step): set jit_compile=False, or leave pack out; {instead}"
  )
