"""Pictures, drawn by matplotlib where it is installed."""

import os
from typing import Any

from bert_tf.system import output_files


def figure(width: float, height: float) -> Any:
  """Returns an empty figure of so many inches.

  Raises:
    ImportError: matplotlib is not installed.
  """
  try:
    from matplotlib import figure
  except ImportError as error:
    raise ImportError(
      "matplotlib is needed to draw: pip install matplotlib"
    ) from error
  return figure.Figure(figsize=(width, height))


def save(picture: Any, path: str) -> None:
  """Writes a figure as a file of the kind its ending tells."""
  picture.tight_layout()
  ending = os.path.splitext(path)[1].removeprefix(".") or "png"
  with output_files.writing(path) as file:
    picture.savefig(file, dpi=100, format=ending)
