"""How much of a training step XLA compiles, by device."""

from typing import Any

import tensorflow as tf

NONE = "none"
GROUPS = "groups"  # the element-wise ops between the matmuls, see xla_kernels
WHOLE = "whole"  # forward and backward pass as one program
COMPILATIONS = (NONE, GROUPS, WHOLE)


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
  pack: bool | None,
  compilation: str,
  strategy: Any,
  uses_padding: bool,
  has_length_buckets: bool = False,
) -> bool:
  """Whether a training step leaves padding out.

  Its shapes then depend on lengths, which a step that is compiled as a whole
  does not allow.

  Args:
    pack: True or False as wanted; None to pack on a CPU, where the losses do
      not depend on padding.
    compilation: One of `COMPILATIONS`.
    strategy: Where it computes.
    uses_padding: As of `objectives.Objective`.
    has_length_buckets: Whether batches are padded to one of a few lengths.

  Raises:
    ValueError: It is wanted and not possible; or such lengths are, and the
      losses depend on padding.
  """
  is_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
  is_static = is_tpu or compilation == WHOLE
  if pack and is_static:
    raise ValueError(
      "pack=True needs shapes that change from step to step, which "
      f"{'a TPU' if is_tpu else 'jit_compile=True'} does not allow: leave one "
      "of them out; length_buckets saves part of the padding there"
    )
  if pack and uses_padding:
    raise ValueError(
      "pack=True leaves out padding, which this objective counts among the "
      "tokens: make the objective with uses_padding=False"
    )
  if has_length_buckets:
    if uses_padding:
      raise ValueError(
        "length_buckets cuts off padding, which this objective counts among "
        "the tokens: make the objective with uses_padding=False"
      )
    return False
  if pack is not None:
    return pack
  has_gpu = bool(tf.config.list_logical_devices("GPU"))
  return not (is_static or has_gpu or uses_padding)
