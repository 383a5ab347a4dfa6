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


def parse_length_buckets(values: list[str] | None) -> tuple[int, ...]:
  """The flag `length_buckets`; empty if it is not given.

  Raises:
    ValueError: It is no list of numbers.
  """
  try:
    return tuple(map(int, values or ()))
  except ValueError:
    raise ValueError(
      f"length_buckets={','.join(values or ())} is no list of lengths such as "
      "32,64"
    ) from None


def check_length_buckets(lengths: tuple[int, ...], pack: bool | None) -> None:
  """Checks the lengths that batches are padded to.

  Raises:
    ValueError: They are not ascending, or padding is left out anyway.
  """
  told = ",".join(map(str, lengths))
  if list(lengths) != sorted({*lengths}) or any(x < 1 for x in lengths):
    raise ValueError(
      f"length_buckets={told}: expected ascending lengths above 0, such as "
      "32,64"
    )
  if lengths and pack:
    raise ValueError(
      f"pack=True leaves out all padding, and length_buckets={told} keeps some "
      "of it for static shapes: leave one of them out"
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
    length_buckets: Lengths that training batches are padded to, ascending; each
      batch to the smallest that fits, or to its whole length. Empty: always to
      the whole length.
  """

  strategy: str = "auto"
  use_tpu: bool = False
  tpu_name: str | None = None
  tpu_zone: str | None = None
  gcp_project: str | None = None
  precision: str = "float32"
  jit_compile: bool | None = None
  pack: bool | None = None
  length_buckets: tuple[int, ...] = ()

  def __post_init__(self) -> None:
    if self.strategy not in STRATEGIES:
      raise ValueError(
        f"strategy={self.strategy!r} is not known; it is one of "
        f"{', '.join(STRATEGIES)}"
      )
    check_precision(self.precision)
    check_length_buckets(self.length_buckets, self.pack)
    if self.use_tpu and self.strategy not in ("auto", "tpu"):
      raise ValueError(
        f"use_tpu is set and strategy={self.strategy}; leave one of them out"
      )
    if self.kind == "tpu" and self.precision == "mixed_float16":
      raise ValueError(
        "precision=mixed_float16 does not exist on TPUs; use mixed_bfloat16"
      )

  def check_length(self, max_seq_length: int) -> None:
    """Checks that the length buckets are shorter than the longest sequence.

    Raises:
      ValueError: One is not, and so would never be used.
    """
    too_long = [x for x in self.length_buckets if x >= max_seq_length]
    if too_long:
      raise ValueError(
        f"length_buckets has {', '.join(map(str, too_long))}, expected lengths "
        f"below max_seq_length={max_seq_length}, which is always a bucket"
      )

  @property
  def kind(self) -> str:
    """The strategy with "auto" resolved as far as flags tell."""
    return "tpu" if self.use_tpu else self.strategy
