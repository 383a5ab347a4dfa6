"""The loss of tagging: cross entropy of each word's first piece."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

_NAME = "label"
_RIGHT = "label_right"


def losses(logits: Any, batch: Mapping[str, Any]) -> Any:
  """The loss of each token, 0 where its weight is 0.

  Args:
    logits: float32 [B, S, C].
    batch: `label_ids` and `label_weights`, int32 [B, S].

  Returns:
    float32 [B, S].
  """
  each = tf.nn.sparse_softmax_cross_entropy_with_logits(
    batch["label_ids"], logits
  )
  return each * tf.cast(batch["label_weights"], tf.float32)


class TaggingObjective:
  """The mean over the words of a batch; see `training.objective`."""

  epsilons: Mapping[str, float] = {_NAME: 1e-5}  # for a batch of context only
  uses_padding = False
  sum_names: Sequence[str] = (_NAME, _RIGHT)

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a batch."""
    weights = tf.cast(batch["label_weights"], tf.float32)
    return {_NAME: tf.reduce_sum(weights)}

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
    weights = tf.cast(batch["label_weights"], tf.float32)
    return {
      _NAME: tf.reduce_sum(losses(logits, batch)),
      _RIGHT: tf.reduce_sum(right * weights),
    }

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The share of words that are right."""
    weight = max(sums[f"{_NAME}_weight"], 1e-9)
    return {"accuracy": sums[_RIGHT] / weight}
