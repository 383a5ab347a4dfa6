"""What a run shows while it goes: lines in the log, scalars for TensorBoard."""

import time
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf.training import run_duration


def progress_line(
  step: int, last_step: int, values: Mapping[str, float], per_second: float
) -> str:
  """One line: step, values, examples a second, time left.

  Args:
    step: Steps done.
    last_step: Steps of the run.
    values: Metrics by name, in the order to show.
    per_second: Steps a second.
  """
  shown = [f"{name} {value:.4g}" for name, value in values.items()]
  left = (last_step - step) / per_second if per_second else 0.0
  return ", ".join(
    [f"step {step}/{last_step}", *shown, f"{run_duration.text(left)} left"]
  )


class Progress:
  """Logs and writes scalars every so many steps.

  Args:
    folder: Of the TensorBoard events; None writes none.
    last_step: Steps of the run.
    batch_size: Examples of a step, over all replicas.
  """

  def __init__(self, folder: str | None, last_step: int, batch_size: int):
    self._writer = tf.summary.create_file_writer(folder) if folder else None
    self._last_step = last_step
    self._batch_size = batch_size
    self._since = time.monotonic()
    self._step: int | None = None

  def start(self, step: int) -> None:
    """Starts the clock at `step`."""
    if step < self._last_step:
      logging.info("compiling: the first steps take longer")
    self._since, self._step = time.monotonic(), step

  def report(self, step: int, values: Mapping[str, float]) -> None:
    """Shows `values` (metrics by name) for the steps since the last report."""
    now = time.monotonic()
    steps = step - (self._step if self._step is not None else step)
    rate = steps / max(now - self._since, 1e-9)
    shown = dict(values) | {"examples/s": rate * self._batch_size}
    logging.info("%s", progress_line(step, self._last_step, shown, rate))
    write_scalars(self._writer, step, shown)
    self._since, self._step = now, step


def write_scalars(writer: Any, step: int, values: Mapping[str, float]) -> None:
  """Writes TensorBoard scalars and flushes them."""
  if writer is None:
    return
  with writer.as_default(step=step):
    for name, value in values.items():
      tf.summary.scalar(name, value)
  writer.flush()
