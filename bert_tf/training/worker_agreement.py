"""What the workers of a run agree on: their step, and when to stop."""

from typing import Any

import tensorflow as tf


def is_shared(strategy: Any) -> bool:
  """Whether several processes train together."""
  return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


class Workers:
  """The workers of a run; in a run of one process all is agreed on.

  Args:
    strategy: Where the run computes.
  """

  def __init__(self, strategy: Any):
    self.strategy = strategy
    self.are_several = is_shared(strategy)
    self._sum = tf.function(self._sum_of)

  def any(self, here: bool) -> bool:
    """Whether something holds for one worker at least."""
    if not self.are_several:
      return here
    return bool(int(self._sum(tf.constant(int(here), tf.int64))))

  def check_same_step(self, step: int, folder: str) -> None:
    """Waits for all workers, and checks that they are at the same step.

    Workers that resume at different steps would train different models.

    Args:
      step: Of this worker.
      folder: The output folder, for the message.

    Raises:
      ValueError: Another worker is at another step.
    """
    if not self.are_several:
      return
    total = int(self._sum(tf.constant(step, tf.int64)))
    mean = total / self.strategy.num_replicas_in_sync
    if mean != step:
      raise ValueError(
        f"this worker is at step {step} of {folder}, the mean of all is "
        f"{mean:g}: output_dir must be one folder that all workers share"
      )

  def _sum_of(self, number: Any) -> Any:
    """The sum of each worker's number, once for each of its replicas."""

    def add() -> Any:
      context = tf.distribute.get_replica_context()
      return context.all_reduce(tf.distribute.ReduceOp.SUM, number)

    found = self.strategy.run(add)
    return self.strategy.experimental_local_results(found)[0]
