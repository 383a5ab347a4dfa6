"""The loss of each kind of classification."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.tasks.classification import examples, task_definition
from bert_tf.training import cross_entropy

_NAME = "label"
_RIGHT = "label_right"
_COUNT = "label_count"


def losses(
  kind: str, logits: Any, labels: Any, label_smoothing: float = 0.0
) -> Any:
  """The loss of each example, float32 [B].

  One label: cross entropy. Several labels: the mean of their sigmoid cross
  entropies. Regression: the squared error.

  Args:
    kind: One of `task.KINDS`.
    logits: float32 [B, C].
    labels: As of `examples.make`.
    label_smoothing: As of `cross_entropy.losses`; of several labels half of it
      goes to the wrong answer of each.
  """
  if kind == task_definition.SINGLE_LABEL:
    return cross_entropy.losses(
      logits, tf.reshape(labels, [-1]), label_smoothing
    )
  labels = tf.cast(labels, tf.float32)
  if kind == task_definition.MULTI_LABEL:
    if label_smoothing:
      labels = labels * (1.0 - label_smoothing) + 0.5 * label_smoothing
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)  # [B, C]
  else:
    each = tf.math.squared_difference(logits, labels)  # [B, 1]
  return tf.reduce_mean(each, axis=-1)


def soft_losses(
  kind: str, logits: Any, teacher: Any, temperature: float
) -> Any:
  """The loss of each example against a teacher's answers, float32 [B].

  One label: cross entropy with its softened probabilities. Several labels: the
  mean of those of each label. Regression: the squared difference, over the
  square of the temperature, which the objective multiplies it by again.

  Args:
    kind: One of `task.KINDS`.
    logits: float32 [B, C].
    teacher: float32 [B, C].
    temperature: What both are divided by.
  """
  if kind == task_definition.SINGLE_LABEL:
    return cross_entropy.soft_losses(logits, teacher, temperature)
  logits, teacher = logits / temperature, teacher / temperature
  if kind == task_definition.MULTI_LABEL:
    wanted = tf.sigmoid(teacher)
    each = tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits)  # [B, C]
  else:
    each = tf.math.squared_difference(logits, teacher)  # [B, 1]
  return tf.reduce_mean(each, axis=-1)


def right(kind: str, logits: Any, labels: Any) -> Any:
  """Whether each example's answer is right, float32 [B].

  The share of the labels that are right, for several labels.
  """
  if kind == task_definition.SINGLE_LABEL:
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    return tf.cast(best == tf.reshape(labels, [-1]), tf.float32)
  return tf.reduce_mean(
    tf.cast((logits > 0) == (labels > 0), tf.float32), axis=-1
  )


def activation(kind: str, logits: Any) -> Any:
  """What is predicted: probabilities, or numbers, float32 [B, C]."""
  if kind == task_definition.SINGLE_LABEL:
    return tf.nn.softmax(logits, axis=-1)
  return (
    tf.nn.sigmoid(logits) if kind == task_definition.MULTI_LABEL else logits
  )


class ClassificationObjective:
  """The mean loss of the real examples; see `training.objective`.

  Args:
    kind: One of `task.KINDS`.
    class_weights: The weight of an example of each label, for one label; none
      if all are 1. The mean is then a weighted one.
    label_smoothing: As of `losses`.
  """

  epsilons: Mapping[str, float] = {_NAME: 0.0}
  uses_padding = False
  token_axes: Mapping[str, int] = {}
  soft_token_axis: int | None = None

  def __init__(
    self,
    kind: str,
    class_weights: Sequence[float] = (),
    label_smoothing: float = 0.0,
  ):
    self.kind = kind
    self.class_weights = class_weights
    self.label_smoothing = label_smoothing
    self.has_accuracy = kind != task_definition.REGRESSION
    more = (_RIGHT, _COUNT) if self.has_accuracy else ()
    self.sum_names: Sequence[str] = (_NAME, *more)

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The number of real examples, each with its label's weight."""
    return {_NAME: tf.reduce_sum(_real(batch) * self._of_labels(batch))}

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """Losses and right answers of a batch.

    Args:
      model: A `BertClassifier`.
      batch: As of `examples.make`.
      training: Whether dropout is applied.
    """
    logits = model(batch, training=training)  # [B, C]
    labels, real = batch[examples.LABELS], _real(batch)
    each = losses(self.kind, logits, labels, self.label_smoothing)
    sums = {_NAME: tf.reduce_sum(each * real * self._of_labels(batch))}
    if self.has_accuracy:
      sums[_COUNT] = tf.reduce_sum(real)
      sums[_RIGHT] = tf.reduce_sum(right(self.kind, logits, labels) * real)
    return sums

  def soft_logits(self, output: Any) -> Any:
    """See `distillation.SoftObjective`: logits [B, C]."""
    return output

  def soft_weights(self, batch: Mapping[str, Any]) -> Any:
    """1 for real examples, else 0: float32 [B]."""
    return _real(batch)

  def soft_losses(
    self,
    logits: Any,
    teacher: Any,
    batch: Mapping[str, Any],
    temperature: float,
  ) -> Any:
    """The soft loss of each example, float32 [B]; see `soft_losses`."""
    del batch
    return soft_losses(self.kind, logits, teacher, temperature)

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The accuracy, where there is one."""
    if not self.has_accuracy:
      return {}
    return {"accuracy": sums[_RIGHT] / max(sums[_COUNT], 1e-9)}

  def _of_labels(self, batch: Mapping[str, Any]) -> Any:
    labels = batch[examples.LABELS]
    if not self.class_weights:
      return 1.0
    return cross_entropy.weights_of(
      tf.reshape(labels, [-1]), self.class_weights
    )


def _real(batch: Mapping[str, Any]) -> Any:
  """1 for real examples, 0 for such as fill up a batch: float32 [B]."""
  return tf.cast(tf.reshape(batch[examples.IS_REAL], [-1]), tf.float32)
