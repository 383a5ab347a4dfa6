"""The optimizer of a run, made from settings."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import tensorflow as tf

from bert_tf import keras
from bert_tf.checkpoints import variable_names
from bert_tf.training import (
  adam_weight_decay,
  layer_rates,
  learning_rate_schedule,
  optimizer_adapters,
  optimizer_table,
)

CLIP_NORM = 1.0
OPTIMIZERS = optimizer_table.OPTIMIZERS
OptimizerSettings = optimizer_table.OptimizerSettings
register = optimizer_table.register


class Optimizer:
  """An optimizer with its schedule, its clipping and its loss scale.

  Made and used under the scope of the strategy; `apply` in replica context,
  with gradients that are already summed over the replicas.

  Args:
    settings: What to make.
    variables: The trainable variables.
    loss_scaling: Whether losses are scaled up so that float16 gradients do
      not vanish; a step whose gradients overflow is then left out.
    is_compiled: Whether XLA compiles the update, where the optimizer is the
      original's.

  Attributes:
    settings: What was made.
    variables: The trainable variables.
    rate: The schedule of the learning rate.
    inner: The Keras optimizer.
  """

  def __init__(
    self,
    settings: OptimizerSettings,
    variables: Sequence[Any],
    loss_scaling: bool = False,
    is_compiled: bool = False,
  ):
    self.settings = settings
    self.variables = list(variables)
    self.rate = learning_rate_schedule.WarmupLinearDecay(
      settings.learning_rate,
      settings.num_train_steps,
      settings.num_warmup_steps,
    )
    kind = OPTIMIZERS[settings.name]
    adapter = optimizer_adapters.adapt(kind.make(self.rate), kind.slot_names)
    self.inner = adapter.optimizer
    self._state = adapter.build(self.variables)
    self._scales_itself = isinstance(
      self.inner, adam_weight_decay.AdamWeightDecay
    )
    self._is_one_pass = is_compiled and self._scales_itself and not loss_scaling
    if self._scales_itself:
      self.inner.is_compiled = is_compiled
      self.inner.rate_factors = layer_rates.factors(
        [variable_names.variable_name(x) for x in self.variables],
        settings.layer_decay,
      )
    # Slots of two kinds may have the same names; this tells them apart.
    if settings.name != "adamw":
      mark = variable_names.OPTIMIZER + settings.name
      self._state[mark] = tf.Variable(1, trainable=False)
    self._scaler = None
    if loss_scaling:
      self._scaler = keras.mixed_precision.LossScaleOptimizer(self.inner)
      scale = self._scaler._loss_scale
      good_steps = variable_names.LOSS_SCALE + "_good_steps"
      self._state[variable_names.LOSS_SCALE] = scale.current_loss_scale
      self._state[good_steps] = scale.counter

  @property
  def step(self) -> Any:
    """Steps done, an int64 variable: the `global_step` of checkpoints."""
    return self.inner.iterations

  @property
  def scales_loss(self) -> bool:
    """Whether a loss scale is in use."""
    return self._scaler is not None

  def state(self) -> dict[str, Any]:
    """The variables of the optimizer by their names in a checkpoint."""
    return dict(self._state)

  def scale(self, loss: Any) -> Any:
    """The loss as it is to be differentiated."""
    return self._scaler.get_scaled_loss(loss) if self._scaler else loss

  def apply(
    self,
    gradients: Iterable[Any],
    sparse: Collection[int] = (),
    sparse_square: Any = 0.0,
  ) -> Any:
    """Clips the gradients by their global norm and takes a step.

    Args:
      gradients: Of the scaled loss, one a variable, summed over replicas.
      sparse: Which of them were sums over looked-up rows.
      sparse_square: The sum of squares of all those rows, which stands for
        theirs in the norm: the original does not add up the rows of a word
        that occurs twice before it takes the norm.

    Returns:
      The global norm before clipping, float32 scalar.
    """
    gradients = list(gradients)
    if self._scaler is not None:
      sparse_square = sparse_square / self._scaler.loss_scale**2
      gradients = self._scaler.get_unscaled_gradients(gradients)
    dense = [g for index, g in enumerate(gradients) if index not in sparse]
    norm = tf.linalg.global_norm(dense)
    if sparse:
      norm = tf.sqrt(norm**2 + sparse_square)
    if self._is_one_pass:
      # As below, but in the same pass; not a number where the norm is none.
      scale = CLIP_NORM / tf.maximum(norm, CLIP_NORM) + (norm - norm)
      self.inner.gradient_scale = scale
    else:
      gradients, _ = tf.clip_by_global_norm(gradients, CLIP_NORM, use_norm=norm)
    optimizer = self._scaler or self.inner
    pairs = list(zip(gradients, self.variables, strict=True))
    optimizer.apply_gradients(pairs, experimental_aggregate_gradients=False)
    if self._scales_itself:
      self.inner.gradient_scale = None
    return norm
