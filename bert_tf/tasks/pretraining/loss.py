"""The two losses of pre-training and their metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

MASKED_LM = "masked_lm"
NEXT_SENTENCE = "next_sentence"


class PretrainingObjective:
  """Masked words and next sentence. Source: run_pretraining.py, `model_fn`.

  The masked-LM loss is divided by the number of masked words plus 1e-5, the
  next-sentence loss by the number of pairs; their sum is the loss.
  """

  epsilons: Mapping[str, float] = {MASKED_LM: 1e-5, NEXT_SENTENCE: 0.0}
  uses_padding = False
  token_axes: Mapping[str, int] = {}
  sum_names: Sequence[str] = (
    MASKED_LM,
    NEXT_SENTENCE,
    f"{MASKED_LM}_right",
    f"{NEXT_SENTENCE}_right",
  )

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Masked words and pairs in a batch; see `training.objective`."""
    pairs = tf.size(batch["next_sentence_labels"])
    return {
      MASKED_LM: tf.reduce_sum(batch["masked_lm_weights"]),
      NEXT_SENTENCE: tf.cast(pairs, tf.float32),
    }

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """Losses and right answers of a batch.

    Args:
      model: A `BertPretrainer`.
      batch: `input_ids`, `input_mask`, `segment_ids` [B, S];
        `masked_lm_positions`, `masked_lm_ids` int32 and `masked_lm_weights`
        float32 [B, P]; `next_sentence_labels` int32 [B, 1].
      training: Whether dropout is applied.
    """
    output = model(batch, training=training)
    words = tf.reshape(batch["masked_lm_ids"], [-1])  # [B*P]
    weights = tf.reshape(batch["masked_lm_weights"], [-1])  # [B*P]
    labels = tf.reshape(batch["next_sentence_labels"], [-1])  # [B]
    word_losses, word_right = _scores(output.masked_lm_logits, words)
    pair_losses, pair_right = _scores(output.next_sentence_logits, labels)
    return {
      MASKED_LM: tf.reduce_sum(word_losses * weights),
      NEXT_SENTENCE: tf.reduce_sum(pair_losses),
      f"{MASKED_LM}_right": tf.reduce_sum(word_right * weights),
      f"{NEXT_SENTENCE}_right": tf.reduce_sum(pair_right),
    }

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """Means over words and pairs, under the original's names."""
    results = {}
    for name in (MASKED_LM, NEXT_SENTENCE):
      weight = max(sums[f"{name}_weight"], 1e-9)
      results[f"{name}_accuracy"] = sums[f"{name}_right"] / weight
      results[f"{name}_loss"] = sums[name] / weight
    return results


def _scores(logits: Any, labels: Any) -> tuple[Any, Any]:
  """Cross entropy and whether the likeliest class is right, both [N]."""
  losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
  best = tf.argmax(logits, axis=-1, output_type=tf.int32)
  return losses, tf.cast(best == labels, tf.float32)
