"""The table of all kinds of optimizers, and the settings of one.

Flags read it before TensorFlow is imported: what makes an optimizer imports
Keras when it is called.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from bert_tf.checkpoints import variable_names

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
    has_layer_rates: Whether layers can have learning rates of their own.
  """

  make: Callable[[Any], Any]
  description: str = ""
  slot_names: Mapping[str, str] = dataclasses.field(default_factory=dict)
  has_layer_rates: bool = False


def _adamw(rate: Any, bias_correction: bool = False) -> Any:
  from bert_tf.training import adam_weight_decay

  return adam_weight_decay.AdamWeightDecay(
    rate,
    weight_decay_rate=_WEIGHT_DECAY,
    epsilon=_EPSILON,
    bias_correction=bias_correction,
  )


def _lamb(rate: Any) -> Any:
  """You et al., arXiv 1904.00962, by tensorflow-addons."""
  from bert_tf.training import addons

  return addons.load().optimizers.LAMB(
    learning_rate=rate,
    weight_decay=_WEIGHT_DECAY,
    epsilon=_EPSILON,
    exclude_from_weight_decay=list(variable_names.NOT_DECAYED),
  )


def _lion(rate: Any) -> Any:
  """Chen et al., arXiv 2302.06675."""
  from bert_tf import keras

  return _decaying_the_same(
    keras.optimizers.Lion(
      rate, weight_decay=_LION_WEIGHT_DECAY, jit_compile=False
    )
  )


def _adafactor(rate: Any) -> Any:
  """Shazeer and Stern, arXiv 1804.04235, which has no decay."""
  from bert_tf import keras

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
  "adamw": Registration(_adamw, "the original's", has_layer_rates=True),
  "adamw_bias_corrected": Registration(
    lambda rate: _adamw(rate, bias_correction=True),
    "with Adam's bias correction, steadier fine-tuning on few examples",
    has_layer_rates=True,
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
    layer_decay: As of `layer_rates.factors`.
  """

  name: str
  learning_rate: float
  num_train_steps: int
  num_warmup_steps: int
  layer_decay: float = 1.0

  def __post_init__(self) -> None:
    if self.name not in OPTIMIZERS:
      raise ValueError(
        f"optimizer={self.name!r} is not known; it is one of "
        f"{', '.join(OPTIMIZERS)}"
      )
    if self.learning_rate < 0:
      raise ValueError(f"learning_rate={self.learning_rate} is below 0")
    if not 0 < self.layer_decay <= 1:
      raise ValueError(
        f"layer_decay={self.layer_decay} is not above 0 and at most 1"
      )
    if self.layer_decay != 1.0 and not OPTIMIZERS[self.name].has_layer_rates:
      able = [name for name, kind in OPTIMIZERS.items() if kind.has_layer_rates]
      raise ValueError(
        f"layer_decay={self.layer_decay} needs an optimizer that has a rate "
        f"for each layer: {', '.join(able)}, not {self.name}"
      )
