"""Sums over the examples of steps, by name."""

from collections.abc import Mapping
from typing import Any


def local_values(strategy: Any, values: dict[str, Any]) -> dict[str, Any]:
  """One replica's copy of values that are the same on all."""
  return {
    name: strategy.experimental_local_results(value)[0]
    for name, value in values.items()
  }


def add_sums(
  totals: Mapping[str, float], sums: Mapping[str, Any]
) -> dict[str, float]:
  """Adds a batch's sums (scalars) to the totals."""
  return {
    name: totals.get(name, 0.0) + float(value) for name, value in sums.items()
  }
