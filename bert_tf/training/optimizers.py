"""The optimizer of a run, made from settings."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from bert_tf.checkpoints import variable_names
from bert_tf.kernels import xla_kernels
from bert_tf.training import adam_weight_decay, addons, learning_rate_schedule

CLIP_NORM = 1.0
_WEIGHT_DECAY = 0.01
_EPSILON = 1e-6


@dataclasses.dataclass(frozen=True)
class OptimizerSettings:
  """What the optimizer is made of.

  Attributes:
    name: One of `OPTIMIZERS`: "adamw" (the original's),
      "adamw_bias_corrected" or "lamb".
    learning_rate: The peak of the schedule.
    num_train_steps: Steps of the run.
    num_warmup_steps: Steps of linear warm-up.
  """

  name: str
  learning_rate: float
  num_train_steps: int
  num_warmup_steps: int

  def __post_init__(self) -> None:
    if self.name not in OPTIMIZERS:
      raise ValueError(
        f"optimizer={self.name!r} is not known; it is one of "
        f"{', '.join(OPTIMIZERS)}"
      )
    if self.learning_rate < 0:
      raise ValueError(f"learning_rate={self.learning_rate} is below 0")


def _adamw(rate: Any, bias_correction: bool = False) -> Any:
  return adam_weight_decay.AdamWeightDecay(
    rate,
    weight_decay_rate=_WEIGHT_DECAY,
    epsilon=_EPSILON,
    bias_correction=bias_correction,
  )


def _lamb(rate: Any) -> Any:
  """You et al., arXiv 1904.00962, by tensorflow-addons."""
  return addons.load().optimizers.LAMB(
    learning_rate=rate,
    weight_decay=_WEIGHT_DECAY,
    epsilon=_EPSILON,
    exclude_from_weight_decay=list(variable_names.NOT_DECAYED),
  )


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
  "adamw": _adamw,
  "adamw_bias_corrected": lambda rate: _adamw(rate, bias_correction=True),
  "lamb": _lamb,
}


class Optimizer:
  """An optimizer with its schedule, its clipping and its loss scale.

  Made and used under the scope of the strategy; `apply` in replica context,
  with gradients that are already summed over the replicas.

  Args:
    settings: What to make.
    variables: The trainable variables.
    loss_scaling: Whether losses are scaled up so that float16 gradients do
      not vanish; a step whose gradients overflow is then left out.
  """

  def __init__(
    self,
    settings: OptimizerSettings,
    variables: Sequence[Any],
    loss_scaling: bool = False,
  ):
    self.settings = settings
    self.variables = list(variables)
    self.rate = learning_rate_schedule.WarmupLinearDecay(
      settings.learning_rate,
      settings.num_train_steps,
      settings.num_warmup_steps,
    )
    self._inner = OPTIMIZERS[settings.name](self.rate)
    self._scaler = (
      tf_keras.mixed_precision.LossScaleOptimizer(self._inner)
      if loss_scaling
      else None
    )
    self._is_legacy = isinstance(
      self._inner, tf_keras.optimizers.legacy.Optimizer
    )
    self._scales_itself = isinstance(
      self._inner, adam_weight_decay.AdamWeightDecay
    )
    # Its slots have the names of the original's; this tells them apart.
    self._mark = (
      tf.Variable(1, trainable=False) if settings.name != "adamw" else None
    )
    self._make_slots()

  def _make_slots(self) -> None:
    if self._is_legacy:
      self._inner._create_all_weights(self.variables)
    else:
      self._inner.build(self.variables)

  @property
  def step(self) -> Any:
    """Steps done, an int64 variable: the `global_step` of checkpoints."""
    return self._inner.iterations

  @property
  def scales_loss(self) -> bool:
    """Whether a loss scale is in use."""
    return self._scaler is not None

  def state(self) -> dict[str, Any]:
    """The variables of the optimizer by their names in a checkpoint."""
    state = {variable_names.GLOBAL_STEP: self.step} | self._slots()
    if self._mark is not None:
      state[variable_names.OPTIMIZER + self.settings.name] = self._mark
    if self._scaler is not None:
      scale = self._scaler._loss_scale
      state[variable_names.OWN_STATE + "loss_scale"] = scale.current_loss_scale
      state[variable_names.OWN_STATE + "loss_scale_good_steps"] = scale.counter
    return state

  def _slots(self) -> dict[str, Any]:
    if not self._is_legacy:
      return dict(self._inner.slots())
    slots = {}
    for variable in self.variables:
      for ours, theirs in (("adam_m", "m"), ("adam_v", "v")):
        name = f"{variable_names.variable_name(variable)}/{ours}"
        slots[name] = self._inner.get_slot(variable, theirs)
    return slots

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
    if self._scaler is None and self._scales_itself and xla_kernels.are_on():
      # As below, but in the same pass; not a number where the norm is none.
      scale = CLIP_NORM / tf.maximum(norm, CLIP_NORM) + (norm - norm)
      self._inner.gradient_scale = scale
    else:
      gradients, _ = tf.clip_by_global_norm(gradients, CLIP_NORM, use_norm=norm)
    optimizer = self._scaler or self._inner
    pairs = list(zip(gradients, self.variables, strict=True))
    optimizer.apply_gradients(pairs, experimental_aggregate_gradients=False)
    if self._scales_itself:
      self._inner.gradient_scale = None
    return norm
