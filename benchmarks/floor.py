"""The floor: the products alone, of a forward pass or a training step."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks import workers
from bert_tf import bert_config


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


def training_products(config_json: str, dtype: str) -> workers.Run:
  """All products of a step of pre-training: forward, and both gradients.

  Each has operands of its own, random ones. The last block has the rows of
  masked words and first tokens alone, but for keys and values.

  Args:
    config_json: The file of the model's sizes.
    dtype: Of the operands.
  """
  import tensorflow as tf

  config = bert_config.BertConfig.from_json_file(config_json)
  number = getattr(tf, dtype)
  made: dict[Any, Any] = {}

  def make(batch: int, length: int, masked: int) -> Any:
    rng = np.random.default_rng(1)

    def operand(*shape: int) -> Any:
      return tf.Variable(tf.cast(rng.normal(0, 0.02, shape), number))

    products = [
      (operand(*one), operand(*other), transposed)
      for one, other, transposed in _step(config, batch, length, masked)
    ]

    @tf.function
    def run() -> Any:
      done = [
        tf.matmul(one, other, transpose_a=a, transpose_b=b)
        for one, other, (a, b) in products
      ]
      # A number of each: TensorFlow leaves out what nothing depends on.
      return tf.add_n([tf.reshape(x, [-1])[0] for x in done])

    return run

  def timed(given: workers.Batch) -> Any:
    masked = given["masked_lm_positions"].shape[1]
    shape = (*given["input_ids"].shape, masked)
    if shape not in made:
      made[shape] = make(*shape)
    return tf.cast(made[shape](), tf.float32).numpy()

  return timed


# Shapes of two operands, and which of them is transposed.
_Product = tuple[tuple[int, ...], tuple[int, ...], tuple[bool, bool]]
_AS_IS, _FIRST, _SECOND = (False, False), (True, False), (False, True)


def _step(
  config: bert_config.BertConfig, batch: int, length: int, masked: int
) -> Iterator[_Product]:
  """The products of a step with so many masked words a sequence."""
  hidden, inner = config.hidden_size, config.intermediate_size
  heads = config.num_attention_heads
  size = hidden // heads
  for layer in range(config.num_hidden_layers):
    is_last = layer == config.num_hidden_layers - 1
    places = 1 + masked if is_last else length
    for _ in ("keys", "values"):
      yield from _dense(batch * length, hidden, hidden)
    for _ in ("queries", "output"):
      yield from _dense(batch * places, hidden, hidden)
    yield from _dense(batch * places, hidden, inner)
    yield from _dense(batch * places, inner, hidden)
    queries = (batch, heads, places, size)
    keys = (batch, heads, length, size)
    scores = (batch, heads, places, length)
    for _ in ("scores", "gradient of the probabilities"):
      yield queries, keys, _SECOND
    for _ in ("context", "gradient of the queries"):
      yield scores, keys, _AS_IS
    for _ in ("gradient of the keys", "gradient of the values"):
      yield scores, queries, _FIRST
  yield from _dense(batch * masked, hidden, hidden)
  yield from _dense(batch * masked, hidden, config.vocab_size)
  yield from _dense(batch, hidden, hidden)


def _dense(rows: int, inputs: int, outputs: int) -> Iterator[_Product]:
  """A dense layer, the gradient of its input, and that of its weights."""
  x, weight, y = (rows, inputs), (inputs, outputs), (rows, outputs)
  yield x, weight, _AS_IS
  yield y, weight, _SECOND
  yield x, y, _FIRST
