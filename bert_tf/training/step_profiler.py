"""A profile of some steps of a training, for TensorBoard's profiler."""

import tensorflow as tf
from absl import logging


class StepProfiler:
  """Starts and stops TensorFlow's profiler at two steps.

  Args:
    folder: The profile goes into `plugins/profile` in it; None makes none, as
      for all workers but one. They look at the same steps nevertheless: how
      many are computed at once must be the same for all.
    steps: The step after which it starts, and the last one in it; None for no
      profile.
  """

  def __init__(self, folder: str | None, steps: tuple[int, int] | None):
    self._folder = folder
    self._steps = steps
    self._runs = False

  def steps_until_look(self, step: int) -> int | None:
    """Steps until it starts or stops; None if it does neither any more."""
    ahead = [each - step for each in self._steps or () if each > step]
    return min(ahead, default=None)

  def look(self, step: int) -> None:
    """Starts or stops, if it is time."""
    if self._steps is None or self._folder is None:
      return
    first, last = self._steps
    if step == first and not self._runs:
      tf.profiler.experimental.start(self._folder)
      self._runs = True
    elif self._runs and step >= last:
      self.close()
      logging.info("profile of steps %d to %d: %s", first, last, self._folder)

  def close(self) -> None:
    """Stops, if it runs: when a training ends early."""
    if self._runs:
      tf.profiler.experimental.stop()
      self._runs = False
