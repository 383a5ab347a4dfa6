"""The optimizer of a run, made from settings, and the table of all kinds."""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf import keras
from bert_tf.checkpoints import variable_names
from bert_tf.training import (
  adam_weight_decay,
  addons,
  learning_rate_schedule,
  optimizer_adapters,
)

CLIP_NORM = 1.0
_WEIGHT_DECAY = 0.01
_EPSILON = 1e-6
# Lion's steps are larger: its authors take a tenth of the rate and ten times
# the decay, so that the product, by which weights decay, stays.
_LION_WEIGHT_DECAY = 0.1


@dataclasses.dataclass(frozen=True)
class Registration:
  """A kind of optimizer.

  Attributes:
    make: Called with the schedule of the learning rate, under the strategy's
      scope; returns an optimizer of Keras 2, legacy or not, or an
      `OptimizerAdapter`. Clipping is done before it.
    description: For `--help`.
    slot_names: Names of slots in checkpoints, by the optimizer's own, where
      those are not wanted.
  """

  make: Callable[[Any], Any]
  description: str = ""
  slot_names: Mapping[str, str] = dataclasses.field(default_factory=dict)


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


def _lion(rate: Any) -> Any:
  """Chen et al., arXiv 2302.06675."""
  return _decaying_the_same(
    keras.optimizers.Lion(
      rate, weight_decay=_LION_WEIGHT_DECAY, jit_compile=False
    )
  )


def _adafactor(rate: Any) -> Any:
  """Shazeer and Stern, arXiv 1804.04235, which has no decay."""
  return _decaying_the_same(
    keras.optimizers.Adafactor(
      rate, weight_decay=_WEIGHT_DECAY, jit_compile=False
    )
  )


def _decaying_the_same(optimizer: Any) -> Any:
  """Makes an optimizer of Keras decay the variables that `is_decayed` names."""
  optimizer.exclude_from_weight_decay(
    var_names=[re.escape(part) for part in variable_names.NOT_DECAYED]
  )
  return optimizer


OPTIMIZERS: dict[str, Registration] = {
  "adamw": Registration(_adamw, "the original's"),
  "adamw_bias_corrected": Registration(
    lambda rate: _adamw(rate, bias_correction=True),
    "with Adam's bias correction, steadier fine-tuning on few examples",
  ),
  "lamb": Registration(
    _lamb, "for very large batches", {"m": "adam_m", "v": "adam_v"}
  ),
  "lion": Registration(
    _lion, "half the state; needs a 3 to 10 times lower learning rate"
  ),
  "adafactor": Registration(
    _adafactor, "steps relative to the size of the weights"
  ),
}


def register(
  name: str,
  make: Callable[[Any], Any],
  description: str = "",
  slot_names: Mapping[str, str] | None = None,
) -> None:
  """Adds a kind of optimizer, which `--optimizer=NAME` then chooses.

  Args:
    name: Letters, digits and underscores; checkpoints keep it.
    make: See `Registration`, like the rest.
    description: See `Registration`.
    slot_names: See `Registration`.

  Raises:
    ValueError: The name is taken, or has other characters.
  """
  if name in OPTIMIZERS:
    raise ValueError(
      f"there is an optimizer {name!r} already: take another name"
    )
  if not re.fullmatch(r"\w+", name, re.ASCII):
    raise ValueError(
      f"optimizer {name!r}: expected letters, digits and underscores"
    )
  OPTIMIZERS[name] = Registration(make, description, slot_names or {})


@dataclasses.dataclass(frozen=True)
class OptimizerSettings:
  """Settings of a run's optimizer.

  Attributes:
    name: One of `OPTIMIZERS`; "adamw" is the original's.
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
