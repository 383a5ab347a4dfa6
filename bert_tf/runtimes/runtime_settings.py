"""For which runtime a model is exported, and how it is quantized."""

import dataclasses
from collections.abc import Iterable

SAVED_MODEL, LITERT, ONNX = "saved_model", "litert", "onnx"
FORMATS = (SAVED_MODEL, LITERT, ONNX)
NONE, DYNAMIC, INT8 = "none", "dynamic", "int8"
QUANTIZED = {
  SAVED_MODEL: (NONE,),
  LITERT: (NONE, DYNAMIC, INT8),
  ONNX: (NONE, DYNAMIC),
}


@dataclasses.dataclass(frozen=True)
class RuntimeSettings:
  """The form of an export.

  Attributes:
    format: One of `FORMATS`.
    quantize: One of those that `QUANTIZED` lists for the format: "dynamic" for
      weights in int8, "int8" for activations as well, whose ranges are taken
      from `calibration_file`.
    lengths: LiteRT: lengths of sequences, each a signature; () for
      `max_seq_length` alone. A text takes the shortest that it fits into.
    calibration_file: A text or pair a line.
  """

  format: str
  quantize: str = NONE
  lengths: tuple[int, ...] = ()
  calibration_file: str | None = None

  def __post_init__(self) -> None:
    if self.format not in FORMATS:
      raise ValueError(
        f"format={self.format!r} is not known; it is one of "
        f"{', '.join(FORMATS)}"
      )
    known = QUANTIZED[self.format]
    if self.quantize not in known:
      raise ValueError(
        f"quantize={self.quantize!r} cannot be had with format={self.format!r}"
        f", expected {' or '.join(known)}"
      )
    if self.lengths and self.format != LITERT:
      raise ValueError(
        f"lengths are fixed for format={LITERT!r} only; format="
        f"{self.format!r} takes any, found {_joined(self.lengths)}"
      )
    if any(length < 3 for length in self.lengths):
      raise ValueError(f"lengths={_joined(self.lengths)}, expected at least 3")
    if self.quantize == INT8 and not self.calibration_file:
      raise ValueError(
        "quantize='int8' needs texts to measure activations with: give "
        "calibration_file, a text or pair a line as the model will get them"
      )
    if self.calibration_file and self.quantize != INT8:
      raise ValueError(
        f"calibration_file={self.calibration_file} is for quantize='int8', "
        f"found quantize={self.quantize!r}"
      )

  def of_at_most(self, longest: int) -> tuple[int, ...]:
    """The lengths of LiteRT's signatures, ascending, the longest given last.

    Raises:
      ValueError: One is longer.
    """
    lengths = sorted({*self.lengths, longest})
    if lengths[-1] > longest:
      raise ValueError(
        f"lengths={_joined(self.lengths)} go beyond max_seq_length={longest}"
      )
    return tuple(lengths)


def parse_lengths(values: Iterable[str]) -> tuple[int, ...]:
  """Lengths as they are written in a flag.

  Raises:
    ValueError: One is no whole number.
  """
  values = list(values)
  if wrong := [x for x in values if not x.strip().isdecimal()]:
    raise ValueError(f"litert_lengths: found {wrong[0]!r}, expected a number")
  return tuple(map(int, values))


def _joined(lengths: tuple[int, ...]) -> str:
  return ",".join(map(str, lengths))
