"""The floor: an encoder's dense products alone, one after the other."""

from typing import Any

import numpy as np

from benchmarks import workers


def flops(config: Any, batch: int, length: int) -> int:
  """Additions and multiplications of the products of a forward pass."""
  hidden, inner = config.hidden_size, config.intermediate_size
  dense = 2 * (4 * hidden * hidden + 2 * hidden * inner)
  attention = 4 * length * hidden
  return config.num_hidden_layers * batch * length * (dense + attention)


def products(folder: str, config: Any, dtype: str) -> workers.Run:
  """TensorFlow's products of the same sizes; inputs stay of size 1 or so.

  Weights are frozen, as ours are, which products with a bias alone make use of.
  """
  del folder
  import tensorflow as tf

  from bert_tf.kernels import onednn_kernels

  onednn_kernels.assume_frozen_weights()
  number = getattr(tf, dtype)
  rng = np.random.default_rng(1)

  def weight(inputs: int, outputs: int) -> Any:
    value = rng.normal(0, inputs**-0.5, [inputs, outputs])
    return tf.Variable(tf.cast(value, number))

  hidden, inner = config.hidden_size, config.intermediate_size
  heads = config.num_attention_heads
  layers = [
    [weight(hidden, hidden) for _ in range(4)]
    + [weight(hidden, inner), weight(inner, hidden)]
    for _ in range(config.num_hidden_layers)
  ]

  bias = {
    size: tf.Variable(tf.zeros([size], number)) for size in (hidden, inner)
  }

  def dense(x: Any, weight: Any) -> Any:
    return tf.nn.bias_add(tf.matmul(x, weight), bias[weight.shape[1]])

  @tf.function(reduce_retracing=True)
  def run(x: Any, keys: Any, values: Any) -> Any:
    for weights in layers:
      for each in weights[:3]:
        x = dense(x, each)
      queries = tf.reshape(x, tf.shape(keys))  # [B, N, S, D]
      scores = tf.matmul(queries, keys, transpose_b=True)
      x = tf.reshape(tf.matmul(scores, values), tf.shape(x))
      for each in weights[3:]:
        x = dense(x, each)
    return x[0]

  def call(batch: workers.Batch) -> Any:
    rows, length = batch["input_ids"].shape
    size = hidden // heads
    generator = np.random.default_rng(2)
    x = generator.normal(0, 1, [rows * length, hidden])
    keys, values = generator.normal(0, 1, [2, rows, heads, length, size])
    values /= (size * length) ** 0.5
    given = [tf.cast(each, number) for each in (x, keys, values)]
    return lambda: tf.cast(run(*given), tf.float32).numpy()

  prepared: dict[Any, Any] = {}

  def timed(batch: workers.Batch) -> Any:
    shape = batch["input_ids"].shape
    if shape not in prepared:
      prepared[shape] = call(batch)
    return prepared[shape]()

  return timed
