"""Batches by length: less padding, results in input order.

The padding of `max_seq_length` is for TPUs and for files. Where lengths vary, a
batch of equally long examples needs little of it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]
_MULTIPLE = 8  # lengths are rounded up to this: fewer shapes


def batches_by_length(
  lengths: npt.NDArray[np.int64], batch_size: int, longest: int
) -> Iterator[tuple[npt.NDArray[np.int64], int]]:
  """Cuts examples into batches of about equal length, longest first.

  Args:
    lengths: Tokens of each example, [N].
    batch_size: Examples of a batch, the last one apart.
    longest: No batch is padded beyond this.

  Yields:
    Which examples, and the length to pad them to.
  """
  order = np.argsort(-np.asarray(lengths), kind="stable")
  for start in range(0, len(order), batch_size):
    chosen = order[start : start + batch_size]
    length = max(int(lengths[chosen[0]]), 1)
    yield chosen, min(-(-length // _MULTIPLE) * _MULTIPLE, longest)


def map_by_length(
  function: Callable[[dict[str, Any]], Mapping[str, Any]],
  features: Arrays,
  batch_size: int,
  per_token: Collection[str] = (),
  by_length: bool = True,
  progress: Callable[[int], object] = lambda count: None,
) -> dict[str, npt.NDArray[Any]]:
  """Calls `function` on batches and puts its results in input order.

  Args:
    function: Takes a batch, gives arrays [B, ...] by name.
    features: int32 [N, S] by name, `input_mask` among them.
    batch_size: Examples of a batch.
    per_token: Names of results [B, S of the batch, ...]; they are padded with
      zeros to the S of `features`.
    by_length: Whether to cut padding; False gives batches in order, whole.
    progress: Told of the number of examples done.

  Returns:
    Arrays [N, ...] by name; empty if there is no example.
  """
  mask = features["input_mask"]
  count, longest = mask.shape
  positions = np.arange(1, longest + 1)
  lengths = (mask * positions).max(axis=1, initial=0)  # [N]
  if not by_length:
    lengths = np.full(count, longest)
  results: dict[str, npt.NDArray[Any]] = {}
  for chosen, length in batches_by_length(lengths, batch_size, longest):
    batch = {name: x[chosen, :length] for name, x in features.items()}
    for name, value in function(batch).items():
      array = np.asarray(value)
      if name in per_token:
        array = _pad(array, longest)
      if name not in results:
        results[name] = np.zeros([count, *array.shape[1:]], array.dtype)
      results[name][chosen] = array
    progress(len(chosen))
  return results


def _pad(array: npt.NDArray[Any], longest: int) -> npt.NDArray[Any]:
  """Pads the second axis with zeros."""
  padding = [(0, 0)] * array.ndim
  padding[1] = (0, longest - array.shape[1])
  return np.pad(array, padding)
