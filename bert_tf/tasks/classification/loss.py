"""The loss of each kind of classification."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.tasks.classification import examples, task_definition

_NAME = "label"
_RIGHT = "label_right"


def losses(kind: str, logits: Any, labels: Any) -> Any:
  """The loss of each example, float32 [B].

  One label: cross entropy. Several labels: the mean of their sigmoid cross
  entropies. Regression: the squared error.

  Args:
    kind: One of `task.KINDS`.
    logits: float32 [B, C].
    labels: As of `examples.make`.
  """
  if kind == task_definition.SINGLE_LABEL:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
      tf.reshape(labels, [-1]), logits
    )
  labels = tf.cast(labels, tf.float32)
  if kind == task_definition.MULTI_LABEL:
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)  # [B, C]
  else:
    each = tf.math.squared_difference(logits, labels)  # [B, 1]
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
  """

  epsilons: Mapping[str, float] = {_NAME: 0.0}
  uses_padding = False

  def __init__(self, kind: str):
    self.kind = kind
    self.has_accuracy = kind != task_definition.REGRESSION
    names = (_NAME, _RIGHT) if self.has_accuracy else (_NAME,)
    self.sum_names: Sequence[str] = names

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The number of real examples."""
    return {_NAME: tf.reduce_sum(_real(batch))}

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
    sums = {_NAME: tf.reduce_sum(losses(self.kind, logits, labels) * real)}
    if self.has_accuracy:
      sums[_RIGHT] = tf.reduce_sum(right(self.kind, logits, labels) * real)
    return sums

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The accuracy, where there is one."""
    if not self.has_accuracy:
      return {}
    return {"accuracy": sums[_RIGHT] / max(sums[f"{_NAME}_weight"], 1e-9)}


def _real(batch: Mapping[str, Any]) -> Any:
  """1 for real examples, 0 for such as fill up a batch: float32 [B]."""
  return tf.cast(tf.reshape(batch[examples.IS_REAL], [-1]), tf.float32)
