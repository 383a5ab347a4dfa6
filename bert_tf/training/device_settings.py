"""The device flags as settings; needs no TensorFlow, as flags do not."""

import dataclasses

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker", "tpu")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def check_precision(precision: str) -> None:
  """Checks that there is such a compute precision.

  Raises:
    ValueError: The name is not known.
  """
  if precision not in PRECISIONS:
    raise ValueError(
      f"precision={precision!r} is not known; it is one of "
      f"{', '.join(PRECISIONS)}"
    )


@dataclasses.dataclass(frozen=True)
class DeviceSettings:
  """The device flags that all runners share.

  Attributes:
    strategy: One of `STRATEGIES`.
    use_tpu: The original's flag, the same as strategy "tpu".
    tpu_name: Name or grpc address of the TPU; "" or "local" on a TPU VM.
    tpu_zone: Its zone, detected if None.
    gcp_project: Its project, detected if None.
    precision: One of `PRECISIONS`.
    jit_compile: Whether XLA computes the gradients; None for what is best,
      see `step_compilation.choose`.
    pack: Whether training leaves padding out; None for where it pays and
      changes nothing, see `step_compilation.packs`.
  """

  strategy: str = "auto"
  use_tpu: bool = False
  tpu_name: str | None = None
  tpu_zone: str | None = None
  gcp_project: str | None = None
  precision: str = "float32"
  jit_compile: bool | None = None
  pack: bool | None = None

  def __post_init__(self) -> None:
    if self.strategy not in STRATEGIES:
      raise ValueError(
        f"strategy={self.strategy!r} is not known; it is one of "
        f"{', '.join(STRATEGIES)}"
      )
    check_precision(self.precision)
    if self.use_tpu and self.strategy not in ("auto", "tpu"):
      raise ValueError(
        f"use_tpu is set and strategy={self.strategy}; leave one of them out"
      )
    if self.kind == "tpu" and self.precision == "mixed_float16":
      raise ValueError(
        "precision=mixed_float16 does not exist on TPUs; use mixed_bfloat16"
      )

  @property
  def kind(self) -> str:
    """The strategy with "auto" resolved as far as flags tell."""
    return "tpu" if self.use_tpu else self.strategy
