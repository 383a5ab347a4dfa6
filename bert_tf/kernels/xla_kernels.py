"""The kernels of training on a CPU: element-wise ops compiled in groups.

On a CPU the products of a training step are fastest in oneDNN, but the
element-wise ops between them are memory-bound: a GELU and its gradient alone
are some twenty passes over [T, I]. Here each group is a pair of functions,
forward and backward, that XLA compiles; the products stay outside. Numbers
agree with the plain kernels to rounding (the groups compute in float32 whatever
the dtype), and dropout drops the very same entries.
"""

from typing import Any

import tensorflow as tf

from bert_tf.kernels import plain_kernels, seeded_dropout


class XlaKernels(plain_kernels.PlainKernels):
  """See `modes.Kernels`; in training they need a seed."""

  def dense(self, x: Any, kernel: Any, bias: Any) -> Any:
    """As any, with a faster gradient where there are more outputs."""
    inputs, outputs = kernel.shape
    if outputs <= inputs:
      return super().dense(x, kernel, bias)
    product = wide_product(x, tf.convert_to_tensor(kernel))
    return tf.nn.bias_add(product, bias)

  def gelu(self, x: Any) -> Any:
    """One group."""
    return gelu(x)

  def softmax_dropout(
    self, scores: Any, bias: Any, scale: float, rate: float
  ) -> Any:
    """One group."""
    kept, rate = self._mask(scores, rate)
    return softmax_dropout(scores, bias, kept, scale, rate)

  def add_norm(
    self, x: Any, residual: Any, gamma: Any, beta: Any, rate: float
  ) -> Any:
    """One group."""
    kept, rate = self._mask(x, rate)
    gamma, beta = tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta)
    return add_norm(x, residual, gamma, beta, kept, rate)

  def _mask(self, x: Any, rate: float) -> tuple[Any, float]:
    """What dropout keeps of `x`, bool, a scalar for all; and the rate.

    A function of its own: fused into others, XLA draws each number four times.
    """
    if not rate or not self.training:
      return tf.constant(True), 0.0
    return _kept(x, rate, self.masks.next_seed()), rate


@tf.custom_gradient
def wide_product(x: Any, kernel: Any) -> Any:
  """`x` times `kernel`, which has more columns than rows.

  Not compiled: its gradient with respect to `x` is a product of a batch of one,
  for which TensorFlow takes another of oneDNN's kernels. That of plain matrices
  is a fifth slower in float32 if a row of the kernel is a multiple of 4096
  bytes, as those of BERT-base and BERT-large are.

  Args:
    x: [T, I], any float dtype.
    kernel: [I, O].

  Returns:
    [T, O].
  """

  def gradient(upstream: Any) -> tuple[Any, Any]:
    of_x = tf.matmul(upstream[None], kernel[None], transpose_b=True)[0]
    return of_x, tf.matmul(x, upstream, transpose_a=True)

  return tf.matmul(x, kernel), gradient


@tf.custom_gradient
def gelu(x: Any) -> Any:
  """GELU in its tanh form, of any shape and float dtype."""
  return _gelu(x), lambda upstream: _gelu_gradient(x, upstream)


def softmax_dropout(
  scores: Any, bias: Any, kept: Any, scale: float, rate: float
) -> Any:
  """Dropout of softmax(`scores * scale + bias`).

  Args:
    scores: [B, N, S, S].
    bias: float32, broadcast to the scores.
    kept: What dropout keeps, bool [B, N, S, S] or [].
    scale: Of the scores.
    rate: Of dropout.

  Returns:
    [B, N, S, S] in the dtype of `scores`.
  """

  @tf.custom_gradient
  def apply(scores: Any, bias: Any, kept: Any) -> Any:
    whole, dropped = _probabilities(scores, bias, kept, scale, rate)

    def gradient(upstream: Any) -> Any:
      return (
        _probabilities_gradient(whole, dropped, upstream, scale),
        None,
        None,
      )

    return dropped, gradient

  return apply(scores, bias, kept)


def add_norm(
  x: Any, residual: Any, gamma: Any, beta: Any, kept: Any, rate: float
) -> Any:
  """LayerNorm of `dropout(x) + residual`.

  Args:
    x: [T, H], a row a token.
    residual: [T, H].
    gamma: float32 [H].
    beta: float32 [H].
    kept: What dropout keeps, bool [T, H] or [].
    rate: Of dropout.

  Returns:
    [T, H] in the dtype of `x`.
  """

  @tf.custom_gradient
  def apply(x: Any, residual: Any, gamma: Any, beta: Any, kept: Any) -> Any:
    y, normal, deviation = _normalize(x, residual, gamma, beta, kept, rate)

    def gradient(upstream: Any) -> Any:
      found = _normalize_gradient(
        normal, deviation, kept, gamma, upstream, rate
      )
      return *found, None

    return y, gradient

  return apply(x, residual, gamma, beta, kept)


@tf.function(jit_compile=True, autograph=False)
def _kept(x: Any, rate: float, seed: Any) -> Any:
  return seeded_dropout.kept(tf.shape(x), rate, seed)


_SLOPE = 0.7978845608028654  # sqrt(2 / pi)
_CUBIC = 0.044715


@tf.function(jit_compile=True, autograph=False)
def _gelu(x: Any) -> Any:
  wide = tf.cast(x, tf.float32)
  inner = tf.tanh(_SLOPE * (wide + _CUBIC * wide * wide * wide))
  return tf.cast(0.5 * wide * (1.0 + inner), x.dtype)


@tf.function(jit_compile=True, autograph=False)
def _gelu_gradient(x: Any, upstream: Any) -> Any:
  wide = tf.cast(x, tf.float32)
  square = wide * wide
  inner = tf.tanh(_SLOPE * wide * (1.0 + _CUBIC * square))
  slope = _SLOPE * (1.0 + 3.0 * _CUBIC * square)
  local = 0.5 * (1.0 + inner + wide * (1.0 - inner * inner) * slope)
  return tf.cast(local * tf.cast(upstream, tf.float32), x.dtype)


@tf.function(jit_compile=True, autograph=False)
def _probabilities(
  scores: Any, bias: Any, kept: Any, scale: float, rate: float
) -> tuple[Any, Any]:
  """The probabilities before and after dropout."""
  wide = tf.cast(scores, tf.float32) * scale + bias
  wide = tf.exp(wide - tf.reduce_max(wide, axis=-1, keepdims=True))
  wide /= tf.reduce_sum(wide, axis=-1, keepdims=True)
  dropped = tf.where(kept, wide * (1.0 / (1.0 - rate)), 0.0)
  return tf.cast(wide, scores.dtype), tf.cast(dropped, scores.dtype)


@tf.function(jit_compile=True, autograph=False)
def _probabilities_gradient(
  probabilities: Any, dropped: Any, upstream: Any, scale: float
) -> Any:
  """No mask is needed: what was dropped is 0 in `dropped`."""
  product = tf.cast(dropped, tf.float32) * tf.cast(upstream, tf.float32)
  total = tf.reduce_sum(product, axis=-1, keepdims=True)
  wide = product - tf.cast(probabilities, tf.float32) * total
  return tf.cast(wide * scale, upstream.dtype)


@tf.function(jit_compile=True, autograph=False)
def _normalize(
  x: Any,
  residual: Any,
  gamma: Any,
  beta: Any,
  kept: Any,
  rate: float,
) -> tuple[Any, Any, Any]:
  """The output and what its gradient needs."""
  wide = tf.cast(x, tf.float32)
  wide = tf.where(kept, wide * (1.0 / (1.0 - rate)), 0.0)
  wide += tf.cast(residual, tf.float32)
  wide -= tf.reduce_mean(wide, axis=-1, keepdims=True)
  variance = tf.reduce_mean(wide * wide, axis=-1, keepdims=True)
  deviation = tf.math.rsqrt(variance + plain_kernels.EPSILON)  # [T, 1]
  normal = wide * deviation
  y = tf.cast(normal * gamma + beta, x.dtype)
  return y, tf.cast(normal, x.dtype), deviation


@tf.function(jit_compile=True, autograph=False)
def _normalize_gradient(
  normal: Any, deviation: Any, kept: Any, gamma: Any, upstream: Any, rate: float
) -> tuple[Any, Any, Any, Any]:
  """With respect to x, the residual, gamma and beta."""
  dtype = upstream.dtype
  normal, upstream = tf.cast(normal, tf.float32), tf.cast(upstream, tf.float32)
  inner = upstream * gamma
  inner -= tf.reduce_mean(inner, axis=-1, keepdims=True) + normal * (
    tf.reduce_mean(inner * normal, axis=-1, keepdims=True)
  )
  whole = inner * deviation
  part = tf.where(kept, whole * (1.0 / (1.0 - rate)), 0.0)
  return (
    tf.cast(part, dtype),
    tf.cast(whole, dtype),
    tf.reduce_sum(upstream * normal, axis=0),
    tf.reduce_sum(upstream, axis=0),
  )
