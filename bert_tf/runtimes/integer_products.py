"""Dense layers in int8 whose outputs have very different sizes.

LiteRT gives all outputs of a product one scale. In a BERT, a few outputs of the
feed-forward layers are a hundred times as large as the usual one, which then
keeps two or three of its 256 steps. Such a layer computes each output relative
to its largest value, and float32 multiplies it back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bert_tf.export import text_modules
from bert_tf.kernels import plain_kernels
from bert_tf.runtimes import engines

# Beyond this ratio of a layer's largest output to the usual one.
_UNEVEN = 8.0

Sizes = dict[str, npt.NDArray[np.float32]]


class MeasuringKernels(plain_kernels.PlainKernels):
  """Keeps how large each output of each dense layer becomes; eager only.

  Attributes:
    sizes: Largest absolute values [O], by the name of the layer's kernel.
  """

  def __init__(self) -> None:
    super().__init__()
    self.sizes: Sizes = {}

  def dense(self, x: Any, kernel: Any, bias: Any) -> Any:
    """See `modes.Kernels`."""
    y = super().dense(x, kernel, bias)  # [T, O]
    size = np.abs(y.numpy()).max(axis=0)
    known = self.sizes.get(kernel.name, size)
    self.sizes[kernel.name] = np.maximum(known, size)
    return y


class EvenKernels(plain_kernels.PlainKernels):
  """Computes uneven dense layers relative to the sizes of their outputs.

  Args:
    sizes: As of `MeasuringKernels`.
  """

  def __init__(self, sizes: Mapping[str, npt.NDArray[np.float32]]):
    super().__init__()
    self._sizes = {
      name: np.maximum(size, 1e-6 * size.max())
      for name, size in sizes.items()
      if size.max() > _UNEVEN * np.median(size)
    }

  def dense(self, x: Any, kernel: Any, bias: Any) -> Any:
    """See `modes.Kernels`; outputs are limited to what was measured."""
    size = self._sizes.get(kernel.name)
    if size is None:
      return super().dense(x, kernel, bias)
    y = super().dense(x, kernel / size, bias / size)  # in [-1, 1]
    # int8 ends there anyway; without an op between them the converter would
    # multiply the size into the kernel again.
    return tf.maximum(y, -1.0) * size


def even(
  module: text_modules.Served, samples: Iterable[engines.Inputs]
) -> text_modules.Served:
  """The module, computed by `EvenKernels`.

  Args:
    module: What is to be converted.
    samples: Its inputs, from which the sizes of outputs are taken.
  """
  measuring = MeasuringKernels()
  measured = module.computed_by(measuring)
  for sample in samples:
    measured.from_ids({k: tf.constant(x) for k, x in sample.items()})
  return module.computed_by(EvenKernels(measuring.sizes))
