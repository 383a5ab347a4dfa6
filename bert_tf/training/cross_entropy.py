"""Cross entropy: with label smoothing, of a teacher; weights by label."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def losses(logits: Any, labels: Any, smoothing: float = 0.0) -> Any:
  """The cross entropy of each example, float32 [...].

  With smoothing s the target is 1 - s for the right label, and s / C for each
  of all C. Source: Szegedy et al., arXiv 1512.00567, section 7.

  Args:
    logits: float32 [..., C].
    labels: int [...].
    smoothing: s.
  """
  each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
  if not smoothing:
    return each
  # The mean over labels of -log p.
  others = tf.reduce_logsumexp(logits, -1) - tf.reduce_mean(logits, -1)
  return (1.0 - smoothing) * each + smoothing * others


def soft_losses(logits: Any, teacher: Any, temperature: float) -> Any:
  """The cross entropy with a teacher's softened probabilities, float32 [...].

  Source: Hinton et al., arXiv 1503.02531, section 2.

  Args:
    logits: float32 [..., C].
    teacher: float32 [..., C].
    temperature: What both are divided by.
  """
  wanted = tf.nn.softmax(teacher / temperature)
  return -tf.reduce_sum(wanted * tf.nn.log_softmax(logits / temperature), -1)


def weights_of(labels: Any, class_weights: Sequence[float]) -> Any:
  """The weight of each label, float32 of the labels' shape; 1.0 without any."""
  if not class_weights:
    return 1.0
  return tf.gather(tf.constant(class_weights, tf.float32), labels)
