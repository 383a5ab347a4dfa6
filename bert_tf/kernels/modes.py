"""How a graph is computed, chosen once: the door to the fast kernels.

Layers and models state equations. Where an equation has more than one
implementation they call an object, `Kernels`, that is made here from a frozen
`Mode` when a model is called.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from bert_tf.kernels import (
  onednn_kernels,
  plain_kernels,
  token_rows,
  xla_kernels,
)

AUTO = "auto"
PLAIN = "plain"
ONEDNN = "onednn"
XLA = "xla"
KINDS = (AUTO, PLAIN, ONEDNN, XLA)


@dataclasses.dataclass(frozen=True)
class Mode:
  """How a model is computed.

  Attributes:
    kernels: One of `KINDS`: "plain" ops; "onednn", ops spelled such that
      TensorFlow fuses them on a CPU, for inference; "xla", the element-wise ops
      between the matmuls compiled into groups, for training. "auto" takes
      "onednn" where it applies and "plain" elsewhere.
    seed: Of dropout, int32 [2]; None draws from TensorFlow's global generator.
    packed: Whether rows of padding are left out, see `token_rows`. Shapes then
      depend on values, which XLA programs and TPUs do not allow.
  """

  kernels: str = AUTO
  seed: Any = None
  packed: bool = False

  def __post_init__(self) -> None:
    if self.kernels not in KINDS:
      raise ValueError(
        f"kernels={self.kernels!r} is not known; it is one of "
        f"{', '.join(KINDS)}"
      )


class Kernels(Protocol):
  """The operations that have more than one implementation.

  [T, H] are rows of tokens, see `token_rows`. Dropout is applied in training
  only; with a seed, its n-th mask is a function of the seed and n.
  """

  def rows(self, input_mask: Any, heads: int) -> token_rows.TokenRows:
    """Which tokens of `input_mask`, int32 [B, S], become rows."""

  def dense(self, x: Any, kernel: Any, bias: Any) -> Any:
    """`x` [T, I] times `kernel` [I, O], plus `bias` [O]: [T, O]."""

  def gelu(self, x: Any) -> Any:
    """GELU in its tanh form, of any shape."""

  def dropout(self, x: Any, rate: float) -> Any:
    """Sets entries to 0 with probability `rate`, scaling up the others."""

  def softmax_dropout(
    self, scores: Any, bias: Any, scale: float, rate: float
  ) -> Any:
    """Dropout of softmax(scale * scores + bias), [B, N, S, S]."""

  def layer_norm(self, x: Any, gamma: Any, beta: Any) -> Any:
    """Normalizes the last axis, [..., H]; computed in float32."""

  def add_norm(
    self, x: Any, residual: Any, gamma: Any, beta: Any, rate: float
  ) -> Any:
    """LayerNorm of dropout(x) + residual, [T, H]."""


_MAKERS: dict[str, Callable[..., Kernels]] = {
  PLAIN: plain_kernels.PlainKernels,
  ONEDNN: onednn_kernels.OnednnKernels,
  XLA: xla_kernels.XlaKernels,
}

# What layers compute with when they are called on their own.
INFERENCE: Kernels = plain_kernels.PlainKernels()


def select(mode: Mode | Kernels | None, training: bool, dtype: Any) -> Kernels:
  """Makes the kernels of one call of a model.

  Args:
    mode: How to compute; None for `Mode()`. Kernels come back as they are, so
      that a model can hand its own to the encoder.
    training: Whether dropout is applied.
    dtype: What is computed in: a dtype or its name.
  """
  if mode is not None and not isinstance(mode, Mode):
    return mode
  mode = mode or Mode()
  kind = mode.kernels
  if kind == AUTO:
    fuses = not training and onednn_kernels.applies(dtype)
    kind = ONEDNN if fuses else PLAIN
  return _MAKERS[kind](training, mode.seed, mode.packed)
