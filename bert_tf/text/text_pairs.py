"""One or two texts to one sequence: cutting, [CLS] and [SEP], segments.

Source: `convert_single_example` and `_truncate_seq_pair` of the original's
runners.
"""

from collections.abc import Sequence
from typing import NamedTuple

CLS = "[CLS]"
SEP = "[SEP]"
SHORTEST = 3  # [CLS] and two [SEP]
# The inputs of models that are made of them.
INPUTS = ("input_ids", "input_mask", "segment_ids")


class Sequenced(NamedTuple):
  """The tokens of a sequence and their segments, one each."""

  tokens: list[str]
  segment_ids: list[int]


def kept_lengths(length_a: int, length_b: int, limit: int) -> tuple[int, int]:
  """How much of each text is kept so that both fit into `limit`.

  The longer one loses tokens at its end, one after the other; of two equally
  long ones it is the second.
  """
  while length_a + length_b > limit:
    if length_a > length_b:
      length_a -= 1
    else:
      length_b -= 1
  return length_a, length_b


def sequence(
  tokens_a: Sequence[str], tokens_b: Sequence[str], max_seq_length: int
) -> Sequenced:
  """[CLS] a [SEP] b [SEP], cut to fit; without the rest if no `b` is left."""
  if tokens_b:
    a, b = kept_lengths(len(tokens_a), len(tokens_b), max_seq_length - 3)
    second = [*tokens_b[:b], SEP] if b else []
  else:
    a, second = max_seq_length - 2, []
  first = [CLS, *tokens_a[:a], SEP]
  return Sequenced(first + second, [0] * len(first) + [1] * len(second))
