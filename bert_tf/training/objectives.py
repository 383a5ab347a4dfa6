"""What a task gives to the training loop: losses as sums over weights.

A loss is a sum over examples divided by the sum of their weights. Kept apart,
the two can be added up over micro-batches and replicas, so that the result
does not depend on how a global batch is cut.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import tensorflow as tf

Sums = dict[str, Any]


class Objective(Protocol):
  """One task's losses and metrics.

  Attributes:
    epsilons: By loss name, what is added to the sum of its weights. The
      loss of a batch is the sum of these losses.
    sum_names: The names of all that `sums` returns.
    uses_padding: Whether the losses depend on what the model computes at
      padding, so that it cannot be left out.
    token_axes: The axis of tokens of each feature that has one, besides the
      model's inputs, by name.
  """

  epsilons: Mapping[str, float]
  sum_names: Sequence[str]
  uses_padding: bool
  token_axes: Mapping[str, int]

  def weights(self, batch: Mapping[str, Any]) -> Sums:
    """By loss name: the sum of the weights in `batch`, float32 scalar."""

  def sums(self, model: Any, batch: Mapping[str, Any], training: bool) -> Sums:
    """By loss name the weighted sum of losses, and further sums for metrics.

    Float32 scalars.
    """

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """Metrics from all sums (weights as `<name>_weight`), for people."""


class SoftObjective(Objective, Protocol):
  """An objective whose task can be learned from a teacher, too.

  Attributes:
    soft_token_axis: The axis of tokens of `soft_logits`; None if it has none.
  """

  soft_token_axis: int | None

  def soft_logits(self, output: Any) -> Any:
    """What is learned of a model's output: one float32 tensor [B, ...]."""

  def soft_weights(self, batch: Mapping[str, Any]) -> Any:
    """The weights of `soft_losses`, float32 of the same shape."""

  def soft_losses(
    self,
    logits: Any,
    teacher: Any,
    batch: Mapping[str, Any],
    temperature: float,
  ) -> Any:
    """The cross entropy with the teacher's softened answers, float32.

    Args:
      logits: The student's, as of `soft_logits`.
      teacher: The teacher's, of the same shape.
      batch: The batch.
      temperature: What both are divided by.
    """


def combine(objective: Objective, sums: Sums, weights: Sums) -> Any:
  """The loss: each sum over its weight, added up."""
  terms = [
    sums[name] / (weights[name] + epsilon)
    for name, epsilon in objective.epsilons.items()
  ]
  return tf.add_n(terms)
