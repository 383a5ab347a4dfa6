"""Attention kernels with an axis for the heads, as Keras keeps them."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

_INWARD = re.compile(r"/attention/self/(query|key|value)/(kernel|bias)$")
_OUTWARD = re.compile(r"/attention/output/dense/kernel$")


def split(name: str, value: npt.NDArray[Any], heads: int) -> npt.NDArray[Any]:
  """Google's tensor as Keras has it: [H, N, D], [N, D] or [N, D, H].

  Args:
    name: Google's; other tensors than those of attention stay as they are.
    value: [H, N*D], [N*D] or [N*D, H].
    heads: N.
  """
  if _INWARD.search(name):
    return value.reshape([*value.shape[:-1], heads, -1])
  if _OUTWARD.search(name):
    return value.reshape([heads, -1, value.shape[-1]])
  return value


def join(name: str, value: npt.NDArray[Any]) -> npt.NDArray[Any]:
  """The other way; a tensor of another shape stays as it is."""
  value = np.asarray(value)
  if _INWARD.search(name) and value.ndim == (2 if name.endswith("bias") else 3):
    return value.reshape([*value.shape[:-2], -1])
  if _OUTWARD.search(name) and value.ndim == 3:
    return value.reshape([-1, value.shape[-1]])
  return value
