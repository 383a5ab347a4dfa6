"""The loss of multiple choice: cross entropy over a question's choices."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.tasks.multiple_choice import examples
from bert_tf.training import cross_entropy

_NAME = "choice"
_RIGHT = "choice_right"


def losses(logits: Any, labels: Any) -> Any:
  """The loss of each question, float32 [B].

  Args:
    logits: float32 [B, C], as of `BertMultipleChoice`: choices that are not
      there are out of reach.
    labels: int32 [B] or [B, 1].
  """
  return cross_entropy.losses(logits, tf.reshape(labels, [-1]))


class MultipleChoiceObjective:
  """The mean loss of the questions; see `training.objective`."""

  epsilons: Mapping[str, float] = {_NAME: 0.0}
  uses_padding = False
  token_axes: Mapping[str, int] = {}
  soft_token_axis: int | None = None
  sum_names: Sequence[str] = (_NAME, _RIGHT)

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The number of questions."""
    return {_NAME: tf.cast(tf.size(batch[examples.LABELS]), tf.float32)}

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """Losses and right answers of a batch.

    Args:
      model: A `BertMultipleChoice`.
      batch: As of `examples.make`.
      training: Whether dropout is applied.
    """
    logits = model(batch, training=training)  # [B, C]
    labels = tf.reshape(batch[examples.LABELS], [-1])
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    return {
      _NAME: tf.reduce_sum(losses(logits, labels)),
      _RIGHT: tf.reduce_sum(tf.cast(best == labels, tf.float32)),
    }

  def soft_logits(self, output: Any) -> Any:
    """See `distillation.SoftObjective`: logits [B, C]."""
    return output

  def soft_weights(self, batch: Mapping[str, Any]) -> Any:
    """1 for each question, float32 [B]."""
    return tf.ones([tf.size(batch[examples.LABELS])])

  def soft_losses(
    self,
    logits: Any,
    teacher: Any,
    batch: Mapping[str, Any],
    temperature: float,
  ) -> Any:
    """The soft loss of each question, float32 [B]."""
    del batch
    return cross_entropy.soft_losses(logits, teacher, temperature)

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The accuracy."""
    return {"accuracy": sums[_RIGHT] / max(sums[f"{_NAME}_weight"], 1e-9)}
