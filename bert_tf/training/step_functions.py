"""One training step and one evaluation step, in replica context."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.kernels import modes, seeded_dropout
from bert_tf.training import (
  length_buckets,
  objectives,
  optimizers,
  step_compilation,
)

Batch = Mapping[str, Any]
Sums = dict[str, Any]

_SPARSE_SQUARE = "sparse_square"  # see `Optimizer.apply`


def _sum_over_replicas(value: Any) -> Any:
  context = tf.distribute.get_replica_context()
  if context.num_replicas_in_sync == 1:
    return value
  return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def dropout_seed(seed: int, step: Any, replica: Any) -> Any:
  """The seed of a step on a replica, int32 [2]: a function of the three."""
  base = tf.constant([seed & 0x7FFFFFFF, seed >> 31 & 0x7FFFFFFF], tf.int32)
  seed = seeded_dropout.fold(base, tf.cast(step, tf.int32))
  return seeded_dropout.fold(seed, tf.cast(replica, tf.int32))


class TrainStep:
  """Takes a step on one replica's part of a batch.

  Args:
    model: The model.
    objective: Its losses.
    optimizer: Its optimizer.
    seed: Of dropout.
    micro_batches: The parts the batch is cut into, one after the other
      (gradient accumulation).
    compilation: What of the gradients XLA computes, one of
      `step_compilation.COMPILATIONS`.
    packed: Whether padding is left out, see `modes.Mode`.
    lengths: Lengths that batches are padded to, see `length_buckets.call`;
      empty for that of the batches.
  """

  def __init__(
    self,
    model: Any,
    objective: objectives.Objective,
    optimizer: optimizers.Optimizer,
    seed: int = 0,
    micro_batches: int = 1,
    compilation: str = step_compilation.NONE,
    packed: bool = False,
    lengths: Sequence[int] = (),
  ):
    self.model = model
    self.objective = objective
    self.optimizer = optimizer
    self.seed = seed
    self.micro_batches = micro_batches
    self._has_groups = compilation == step_compilation.GROUPS
    self._packed = packed
    self._lengths = lengths
    self._sparse: tuple[int, ...] = ()  # known when the step is traced
    self._gradients = (
      tf.function(self._batch_gradients, jit_compile=True)
      if compilation == step_compilation.WHOLE
      else self._batch_gradients
    )

  def __call__(self, batch: Batch) -> Sums:
    """Updates the variables.

    Args:
      batch: Tensors [B, ...], this replica's examples.

    Returns:
      Sums over all replicas: the objective's, its weights as
      `<name>_weight`, `loss` of this step, `gradient_norm`, real `tokens`.
    """
    context = tf.distribute.get_replica_context()
    step = self.optimizer.step
    seed = dropout_seed(
      self.seed, step.read_value(), context.replica_id_in_sync_group
    )
    weights = _sum_over_replicas(self.objective.weights(batch))
    gradients, sums = self._cut_gradients(batch, weights, seed)
    gradients, sums = _sum_over_replicas((gradients, sums))
    norm = self.optimizer.apply(
      gradients, self._sparse, sums.pop(_SPARSE_SQUARE)
    )
    loss = objectives.combine(self.objective, sums, weights)
    return _with_weights(sums, weights) | {
      "loss": loss,
      "gradient_norm": norm,
      "tokens": _sum_over_replicas(_tokens(batch)),
    }

  def _cut_gradients(
    self, batch: Batch, weights: Sums, seed: Any
  ) -> tuple[list[Any], Sums]:
    """Those of the batch at its length; each replica's may be another."""
    if not self._lengths:
      found: tuple[list[Any], Sums] = self._gradients(batch, weights, seed)
      return found
    gradients, sums = length_buckets.call(
      lambda part: self._gradients(part, weights, seed),
      batch,
      self._lengths,
      self.objective.token_axes,
    )
    return gradients, sums

  def _batch_gradients(
    self, batch: Batch, weights: Sums, seed: Any
  ) -> tuple[list[Any], Sums]:
    """Gradients of the loss (scaled, if so) and sums, over micro-batches."""
    if self.micro_batches == 1:
      return self._micro_gradients(batch, weights, seed)
    parts = {
      name: tf.reshape(
        x, tf.concat([[self.micro_batches, -1], tf.shape(x)[1:]], 0)
      )
      for name, x in batch.items()
    }  # [M, B/M, ...]
    shapes = {
      name: [x.shape[0] and x.shape[0] // self.micro_batches, *x.shape[1:]]
      for name, x in batch.items()
    }

    def part(index: Any) -> tuple[list[Any], Sums]:
      micro = {
        name: tf.ensure_shape(x[index], shapes[name])
        for name, x in parts.items()
      }
      return self._micro_gradients(
        micro, weights, seeded_dropout.fold(seed, index)
      )

    def add(index: Any, total: Any) -> tuple[Any, Any]:
      return index + 1, tf.nest.map_structure(tf.add, total, part(index))

    count = tf.constant(self.micro_batches)
    first = part(tf.constant(0))
    _, total = tf.while_loop(
      lambda index, _: index < count,
      add,
      (tf.constant(1), first),
      parallel_iterations=1,
    )
    return total

  def _mode(self, seed: Any) -> modes.Mode:
    kernels = modes.XLA if self._has_groups else modes.PLAIN
    return modes.Mode(kernels, seed, self._packed)

  def _micro_gradients(
    self, batch: Batch, weights: Sums, seed: Any
  ) -> tuple[list[Any], Sums]:
    variables = self.optimizer.variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(variables)
      model = functools.partial(self.model, mode=self._mode(seed))
      sums = self.objective.sums(model, batch, training=True)
      loss = objectives.combine(self.objective, sums, weights)
      loss = self.optimizer.scale(loss)
    gradients = tape.gradient(
      loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    sparse = {
      index: tf.nn.l2_loss(tf.cast(gradient.values, tf.float32)) * 2.0
      for index, gradient in enumerate(gradients)
      if isinstance(gradient, tf.IndexedSlices)
    }
    self._sparse = tuple(sparse)
    sums[_SPARSE_SQUARE] = tf.add_n([tf.constant(0.0), *sparse.values()])
    return [tf.convert_to_tensor(gradient) for gradient in gradients], sums


class EvalStep:
  """Sums of one replica's part of a batch, without dropout."""

  def __init__(self, model: Any, objective: objectives.Objective):
    self.model = model
    self.objective = objective

  def __call__(self, batch: Batch) -> Sums:
    """Returns as `TrainStep` does, without `gradient_norm`."""
    weights = _sum_over_replicas(self.objective.weights(batch))
    sums = self.objective.sums(self.model, batch, training=False)
    sums = _sum_over_replicas(sums)
    loss = objectives.combine(self.objective, sums, weights)
    return _with_weights(sums, weights) | {"loss": loss}


def _tokens(batch: Batch) -> Any:
  """Real tokens of a batch, padding apart; float32."""
  return tf.reduce_sum(tf.cast(batch["input_mask"], tf.float32))


def _with_weights(sums: Sums, weights: Sums) -> Sums:
  return sums | {f"{name}_weight": weights[name] for name in weights}
