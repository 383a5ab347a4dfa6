"""What JSON lines hold, for several tests."""

import numpy as np


def values_of(line):
  """[T, L, H] of a JSON line."""
  return np.array(
    [
      [layer["values"] for layer in token["layers"]]
      for token in line["features"]
    ]
  )
