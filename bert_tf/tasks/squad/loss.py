"""The loss of span labelling."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.training import cross_entropy

SPANS = "total"

_OUT_OF_REACH = -1e9  # Its share of a softmax is 0.


class SpanObjective:
  """Cross entropy of starts and ends over tokens, the mean of both.

  Source: run_squad.py, `model_fn`, where padding counts among the tokens.

  Args:
    uses_padding: Whether it does here. Without, an answer's rivals are real
      tokens only, and the model need not compute any others.
  """

  epsilons: Mapping[str, float] = {SPANS: 0.0}
  sum_names: Sequence[str] = (SPANS, "start_right", "end_right")
  token_axes: Mapping[str, int] = {}
  soft_token_axis: int | None = 2

  def __init__(self, uses_padding: bool = True):
    self.uses_padding = uses_padding

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Windows in a batch; see `training.objective`."""
    return {SPANS: tf.cast(tf.size(batch["start_positions"]), tf.float32)}

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """Losses and right positions.

    Args:
      model: A `BertSpanLabeler`.
      batch: `input_ids`, `input_mask`, `segment_ids` int32 [B, S];
        `start_positions` and `end_positions` int32 [B, 1].
      training: Whether dropout is applied.
    """
    output = model(batch, training=training)
    starts = tf.reshape(batch["start_positions"], [-1])  # [B]
    ends = tf.reshape(batch["end_positions"], [-1])  # [B]
    start_loss, start_right = _scores(self._rivals(output.start, batch), starts)
    end_loss, end_right = _scores(self._rivals(output.end, batch), ends)
    return {
      SPANS: (start_loss + end_loss) / 2.0,
      "start_right": start_right,
      "end_right": end_right,
    }

  def soft_logits(self, output: Any) -> Any:
    """See `distillation.SoftObjective`: starts and ends, [B, 2, S]."""
    return tf.cast(tf.stack([output.start, output.end], axis=1), tf.float32)

  def soft_weights(self, batch: Mapping[str, Any]) -> Any:
    """1 for each window, float32 [B]."""
    return tf.ones([tf.size(batch["start_positions"])])

  def soft_losses(
    self,
    logits: Any,
    teacher: Any,
    batch: Mapping[str, Any],
    temperature: float,
  ) -> Any:
    """The soft loss of each window, the mean of start and end: float32 [B]."""
    each = cross_entropy.soft_losses(
      self._rivals(logits, batch), self._rivals(teacher, batch), temperature
    )  # [B, 2]
    return tf.reduce_mean(each, axis=-1)

  def _rivals(self, logits: Any, batch: Mapping[str, Any]) -> Any:
    """Logits [B, S] or [B, 2, S], out of reach where padding does not count."""
    if self.uses_padding:
      return logits
    is_real = tf.cast(batch["input_mask"], tf.bool)  # [B, S]
    if logits.shape.rank == 3:
      is_real = is_real[:, None]  # [B, 1, S]
    return tf.where(is_real, logits, _OUT_OF_REACH)

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """Shares of right positions."""
    weight = max(sums[f"{SPANS}_weight"], 1e-9)
    return {
      "start_accuracy": sums["start_right"] / weight,
      "end_accuracy": sums["end_right"] / weight,
    }


def _scores(logits: Any, positions: Any) -> tuple[Any, Any]:
  """Sums of cross entropy and of right positions; logits [B, S]."""
  logits = tf.cast(logits, tf.float32)
  # As the original: a position beyond the logits has no loss.
  wanted = tf.one_hot(positions, tf.shape(logits)[1], dtype=tf.float32)
  losses = tf.reduce_sum(-wanted * tf.nn.log_softmax(logits))
  best = tf.argmax(logits, axis=-1, output_type=tf.int32)
  return losses, tf.reduce_sum(tf.cast(best == positions, tf.float32))
