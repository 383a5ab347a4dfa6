"""Numbers in cells, by a strict grammar."""

import math
import re

# Python alone would take 1_5 for 15, and digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse(cell: str) -> float:
  """The number that a cell holds: decimal digits, a point, an exponent.

  Raises:
    ValueError: It holds something else, or a number too large.
  """
  value = float(cell) if _NUMBER.fullmatch(cell.strip()) else math.nan
  if not math.isfinite(value):
    raise ValueError(
      f"{cell!r} is not a number; expected decimal digits, such as 3, -0.25 or "
      "1e-3"
    )
  return value
