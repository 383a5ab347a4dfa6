"""What a run shows while it goes: lines in the log, scalars for TensorBoard.

On a terminal a bar shows the time left between the lines.
"""

import time
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tqdm
from absl import logging

from bert_tf.training import run_duration

# A line at the first step, then one each 10 seconds or, in a long run, each
# time that its time has grown by a fifth.
_SECONDS = 10.0
_SHARE = 0.2
_BAR_SECONDS = 1.0


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
  """Logs now and then, and writes scalars every so many steps.

  Args:
    folder: Of the TensorBoard events; None writes none.
    last_step: Steps of the run.
    batch_size: Examples of a step, over all replicas.
    clock: Seconds, from whenever.
  """

  def __init__(
    self,
    folder: str | None,
    last_step: int,
    batch_size: int,
    clock: Any = time.monotonic,
  ):
    self._writer = tf.summary.create_file_writer(folder) if folder else None
    self._last_step = last_step
    self._batch_size = batch_size
    self._clock = clock
    self._step = self._reported_step = 0
    self._tokens = 0.0
    self._bar: tqdm.tqdm[Any] | None = None

  def start(self, step: int) -> None:
    """Starts the clock at `step`."""
    if step < self._last_step:
      logging.info("compiling: the first steps take longer")
    self._step = self._reported_step = self._first_step = step
    self._began = self._reported = self._looked = self._clock()
    self._said: float | None = None
    # None: no bar where standard error is no terminal.
    self._bar = tqdm.tqdm(
      total=self._last_step,
      initial=step,
      disable=None,
      leave=False,
      unit="step",
    )

  def steps_until_look(self) -> int:
    """Steps after which it is time for a line, or for the bar to move."""
    if self._step == self._first_step:
      return 1
    assert self._bar is not None
    seconds = _SECONDS if self._bar.disable else _BAR_SECONDS
    per_second = self._rate(self._step - self._first_step, self._began)
    return max(1, int(seconds * per_second))

  def count(self, step: int, tokens: float) -> None:
    """Counts what was done since the last call.

    Args:
      step: Steps done.
      tokens: Real tokens of the steps since, padding apart.
    """
    self._step = step
    self._tokens += tokens
    if self._bar is not None:
      self._bar.update(step - self._bar.n)

  def look(self, step: int) -> None:
    """Shows where the run is, if nothing was said for some time."""
    now = self._clock()
    if self._said is None or now - self._said >= max(
      _SECONDS, _SHARE * (now - self._began)
    ):
      self._say(step, {})

  def report(self, step: int, values: Mapping[str, float]) -> None:
    """Shows `values` (metrics by name) for the steps since the last report."""
    shown = self._say(step, values)
    write_scalars(self._writer, step, shown)
    self._reported_step, self._reported = step, self._clock()
    self._tokens = 0.0

  def close(self) -> None:
    """Removes the bar."""
    if self._bar is not None:
      self._bar.close()

  def _say(self, step: int, values: Mapping[str, float]) -> dict[str, float]:
    rate = self._rate(step - self._reported_step, self._reported)
    seconds = max(self._clock() - self._reported, 1e-9)
    shown = dict(values) | {
      "examples/s": rate * self._batch_size,
      "tokens/s": self._tokens / seconds,
    }
    if self._bar is not None:
      self._bar.clear()
    logging.info("%s", progress_line(step, self._last_step, shown, rate))
    self._said = self._clock()
    return shown

  def _rate(self, steps: int, since: float) -> float:
    """Steps a second."""
    return steps / max(self._clock() - since, 1e-9)


def write_scalars(writer: Any, step: int, values: Mapping[str, float]) -> None:
  """Writes TensorBoard scalars and flushes them."""
  if writer is None:
    return
  with writer.as_default(step=step):
    for name, value in values.items():
      tf.summary.scalar(name, value)
  writer.flush()
