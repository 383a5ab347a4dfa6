"""The loss of tagging: cross entropy of each word's first piece."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.training import cross_entropy

_NAME = "label"
_RIGHT = "label_right"
_COUNT = "label_count"


def losses(
  logits: Any, batch: Mapping[str, Any], label_smoothing: float = 0.0
) -> Any:
  """The loss of each token, 0 where its weight is 0.

  Args:
    logits: float32 [B, S, C].
    batch: `label_ids` and `label_weights`, int32 [B, S].
    label_smoothing: As of `cross_entropy.losses`.

  Returns:
    float32 [B, S].
  """
  each = cross_entropy.losses(logits, batch["label_ids"], label_smoothing)
  return each * tf.cast(batch["label_weights"], tf.float32)


class TaggingObjective:
  """The mean over the words of a batch; see `training.objective`.

  Args:
    class_weights: The weight of a word of each label; none if all are 1. The
      mean is then a weighted one.
    label_smoothing: As of `cross_entropy.losses`.
  """

  epsilons: Mapping[str, float] = {_NAME: 1e-5}  # for a batch of context only
  uses_padding = False
  token_axes: Mapping[str, int] = {"label_ids": 1, "label_weights": 1}
  soft_token_axis: int | None = 1
  sum_names: Sequence[str] = (_NAME, _RIGHT, _COUNT)

  def __init__(
    self, class_weights: Sequence[float] = (), label_smoothing: float = 0.0
  ):
    self.class_weights = class_weights
    self.label_smoothing = label_smoothing

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a batch, each with its label's weight."""
    return {_NAME: tf.reduce_sum(_words(batch) * self._of_labels(batch))}

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """The loss and the right answers of a batch, as sums.

    Args:
      model: A `BertTokenClassifier`.
      batch: The model's inputs and those of `losses`.
      training: Whether dropout is applied.
    """
    logits = model(batch, training=training)  # [B, S, C]
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    right = tf.cast(best == batch["label_ids"], tf.float32)
    each = losses(logits, batch, self.label_smoothing)
    return {
      _NAME: tf.reduce_sum(each * self._of_labels(batch)),
      _RIGHT: tf.reduce_sum(right * _words(batch)),
      _COUNT: tf.reduce_sum(_words(batch)),
    }

  def soft_logits(self, output: Any) -> Any:
    """See `distillation.SoftObjective`: logits [B, S, C]."""
    return output

  def soft_weights(self, batch: Mapping[str, Any]) -> Any:
    """1 at the first piece of each word, else 0: float32 [B, S]."""
    return _words(batch)

  def soft_losses(
    self,
    logits: Any,
    teacher: Any,
    batch: Mapping[str, Any],
    temperature: float,
  ) -> Any:
    """The soft loss of each token, float32 [B, S]."""
    del batch
    return cross_entropy.soft_losses(logits, teacher, temperature)

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The share of words that are right."""
    return {"accuracy": sums[_RIGHT] / max(sums[_COUNT], 1e-9)}

  def _of_labels(self, batch: Mapping[str, Any]) -> Any:
    return cross_entropy.weights_of(batch["label_ids"], self.class_weights)


def _words(batch: Mapping[str, Any]) -> Any:
  """1 at the first piece of each word, else 0: float32 [B, S]."""
  return tf.cast(batch["label_weights"], tf.float32)
