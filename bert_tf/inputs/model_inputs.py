"""Sequences of ids to the arrays that models take."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bert_tf.text import text_pairs

SHORTEST = text_pairs.SHORTEST
NAMES = text_pairs.INPUTS


def stack(
  input_ids: Sequence[Sequence[int]],
  segment_ids: Sequence[Sequence[int]] | None = None,
  length: int | None = None,
) -> dict[str, npt.NDArray[np.int32]]:
  """Pads sequences with zeros to equal length.

  Args:
    input_ids: Ids of each sequence.
    segment_ids: Segments of each, as long as its ids; all 0 if None.
    length: S; the longest sequence's if None.

  Returns:
    `input_ids`, `input_mask`, `segment_ids`, int32 [N, S].
  """
  longest = max(map(len, input_ids), default=0)
  shape = len(input_ids), longest if length is None else length
  arrays = {name: np.zeros(shape, np.int32) for name in NAMES}
  for row, ids in enumerate(input_ids):
    arrays["input_ids"][row, : len(ids)] = ids
    arrays["input_mask"][row, : len(ids)] = 1
    if segment_ids is not None:
      arrays["segment_ids"][row, : len(ids)] = segment_ids[row]
  return arrays
