"""The losses of sentence vectors, by the cosines of pairs."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.tasks.sentence_pairs import examples
from bert_tf.training import cross_entropy

_NAME = "pair"
_RIGHT = "pair_right"
_SMALL = 1e-24  # of a squared length


def unit(vectors: Any) -> Any:
  """Vectors [..., H] of length 1."""
  return tf.math.l2_normalize(vectors, axis=-1, epsilon=_SMALL)


def cosines(vectors: Any) -> Any:
  """The cosine of each pair [B, 2, H]: float32 [B]."""
  first, second = tf.unstack(unit(vectors), axis=1)
  return tf.reduce_sum(first * second, axis=-1)


def rankings(vectors: Any, scale: float) -> Any:
  """Logits of which second text belongs to each first: float32 [B, B].

  Source: Henderson et al., arXiv 1705.00652, section 4.4.

  Args:
    vectors: float32 [B, 2, H].
    scale: What cosines are multiplied by.
  """
  first, second = tf.unstack(unit(vectors), axis=1)
  return scale * tf.matmul(first, second, transpose_b=True)


class _PairObjective:
  """What both have in common; see `training.objective`."""

  epsilons: Mapping[str, float] = {_NAME: 0.0}
  uses_padding = False
  token_axes: Mapping[str, int] = {}
  soft_token_axis: int | None = None

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The number of pairs."""
    return {_NAME: tf.cast(tf.size(batch[examples.SCORES]), tf.float32)}

  def soft_logits(self, output: Any) -> Any:
    """See `distillation.SoftObjective`: the cosine of each pair, [B]."""
    return cosines(output)

  def soft_weights(self, batch: Mapping[str, Any]) -> Any:
    """1 for each pair, float32 [B]."""
    return tf.ones([tf.size(batch[examples.SCORES])])

  def soft_losses(
    self,
    logits: Any,
    teacher: Any,
    batch: Mapping[str, Any],
    temperature: float,
  ) -> Any:
    """The squared difference of cosines, float32 [B]; they have no softmax."""
    del batch
    return tf.math.squared_difference(logits, teacher) / temperature**2


class ScoreObjective(_PairObjective):
  """The mean squared difference of cosines and scores."""

  sum_names: Sequence[str] = (_NAME,)

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """The loss of a batch; the model is a `BertSentenceEncoder`."""
    found = cosines(model(batch, training=training))  # [B]
    scores = tf.reshape(batch[examples.SCORES], [-1])
    squares = tf.math.squared_difference(found, scores)
    return {_NAME: tf.reduce_sum(squares)}

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """None."""
    del sums
    return {}


class NegativesObjective(_PairObjective):
  """Cross entropy of each first text over all second texts of a batch.

  They are those of a replica's micro-batch: cut smaller, there are fewer.

  Args:
    scale: What cosines are multiplied by.
  """

  sum_names: Sequence[str] = (_NAME, _RIGHT)

  def __init__(self, scale: float):
    self.scale = scale

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """Losses and right answers of a batch; the model as of the other one."""
    logits = rankings(model(batch, training=training), self.scale)  # [B, B]
    own = tf.range(tf.shape(logits)[0])
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    return {
      _NAME: tf.reduce_sum(cross_entropy.losses(logits, own)),
      _RIGHT: tf.reduce_sum(tf.cast(best == own, tf.float32)),
    }

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The share of first texts whose own second text is nearest."""
    return {"accuracy": sums[_RIGHT] / max(sums[f"{_NAME}_weight"], 1e-9)}
