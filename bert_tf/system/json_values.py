"""Arrays as what JSON can hold."""

from typing import Any

import numpy as np


def plain(value: Any) -> Any:
  """Strings, numbers and lists in the place of bytes and arrays."""
  if isinstance(value, bytes):
    return value.decode("utf-8", "replace")
  if isinstance(value, np.ndarray | list):
    return [plain(entry) for entry in value]
  return value.item() if isinstance(value, np.generic) else value
