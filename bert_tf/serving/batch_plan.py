"""Which texts are computed together, and in which shape.

Lengths, numbers of rows and numbers of tokens are rounded up, so that there is
a bounded number of shapes: kernels are kept for each shape that occurs, and
memory would grow with their number.
"""

import dataclasses
from collections.abc import Sequence

_MULTIPLE = 8  # lengths are rounded up to this, as those of predictors
_ROW_STEPS = 4  # numbers of rows between a power of two and the next one
_TOKEN_STEPS = 8


@dataclasses.dataclass(frozen=True)
class Shape:
  """The shape of a batch.

  Attributes:
    length: Tokens that each row is padded to.
    fillers: Real tokens of each row that is added, at least one each.
  """

  length: int
  fillers: tuple[int, ...]


def rounded(number: int, steps: int) -> int:
  """The next number that has `steps` others up to its double."""
  step = max(1, (1 << max(number - 1, 1).bit_length() - 1) // steps)
  return -(-number // step) * step


def shape(lengths: Sequence[int], widest: int, longest: int) -> Shape:
  """Rounds the shape of a batch.

  Args:
    lengths: Real tokens of each row, one or more rows.
    widest: Tokens of the widest row, padding included.
    longest: Most tokens that the model takes.
  """
  length = min(-(-widest // _MULTIPLE) * _MULTIPLE, longest)
  tokens, count = sum(lengths), len(lengths)
  rows = rounded(count, _ROW_STEPS)
  while True:
    added = rows - count
    more = rounded(tokens + added, _TOKEN_STEPS) - tokens
    if added <= more <= added * length:
      return Shape(length, tuple(_spread(more, added, length)))
    rows = rounded(rows + 1, _ROW_STEPS)


def _spread(tokens: int, rows: int, length: int) -> list[int]:
  """Tokens over rows, at least one and at most `length` in each."""
  found = []
  for left in range(rows, 0, -1):
    found.append(min(length, tokens - (left - 1)))
    tokens -= found[-1]
  return found


def choose(
  lengths: Sequence[int], most_rows: int, most_tokens: int
) -> list[int]:
  """Chooses what is computed with the row that has waited longest.

  Args:
    lengths: Tokens of the rows that wait, the oldest first.
    most_rows: Most rows of a batch.
    most_tokens: Most tokens of a batch; the oldest row is taken in any case.

  Returns:
    Indices: the oldest, then rows of about its length, the nearest first.
  """
  order = sorted(
    range(1, len(lengths)), key=lambda i: (abs(lengths[i] - lengths[0]), i)
  )
  chosen, tokens = [0], lengths[0]
  for index in order:
    if len(chosen) == most_rows:
      break
    if tokens + lengths[index] <= most_tokens:
      chosen.append(index)
      tokens += lengths[index]
  return chosen
