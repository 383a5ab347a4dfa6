"""Settings and results of a training, for the hparams page of TensorBoard."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def write(
  folder: str,
  settings: Mapping[str, Any],
  scores: Mapping[str, float],
  step: int,
) -> None:
  """Writes the events of one training; each of its own folder is one row.

  Args:
    folder: The folder of its events.
    settings: By name; what is neither number nor text is shown as text.
    scores: Results by name.
    step: Steps it was trained.
  """
  # Imported where it is used: it takes a second.
  from tensorboard.plugins.hparams import api  # type: ignore[import-untyped]

  shown = {
    name: value if isinstance(value, bool | int | float | str) else str(value)
    for name, value in settings.items()
  }
  writer = tf.summary.create_file_writer(folder, filename_suffix=".hparams")
  with writer.as_default(step=step):
    api.hparams(shown)
    for name, value in scores.items():
      tf.summary.scalar(name, value)
  writer.close()
