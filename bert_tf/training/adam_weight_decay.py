"""The original's optimizer: Adam with decoupled weight decay."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from bert_tf import keras
from bert_tf.checkpoints import variable_names


@keras.serializable
class AdamWeightDecay(keras.optimizers.Optimizer):
  """Adam without bias correction, with decay outside of the gradient.

  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
  w -= rate (m / (sqrt(v) + eps) + decay w), the decay on kernels and
  embeddings only (`variable_names.is_decayed`). Works on dense and sparse
  gradients alike. Source: optimization.py, `AdamWeightDecayOptimizer`.

  With bias correction, which the original leaves out, `rate m` becomes
  rate sqrt(1 - b2^t) / (1 - b1^t) m at step t = 1, 2, ... (Kingma and Ba,
  arXiv 1412.6980, end of section 2). Fine-tuning on few examples is then more
  stable (Zhang et al., arXiv 2006.05987; Mosbach et al., arXiv 2006.04884).

  Args:
    learning_rate: A number or a schedule.
    weight_decay_rate: `decay` above.
    beta_1: b1.
    beta_2: b2.
    epsilon: eps.
    bias_correction: Whether the moments' start at 0 is made up for.
    global_clipnorm: The global norm that gradients are clipped by; None leaves
      them to the caller.
    name: Of the optimizer.

  Attributes:
    gradient_scale: What gradients are multiplied with; None for 1.
    rate_factors: What the learning rate of each variable is multiplied with, in
      the order of `build`; none if all are 1.
    is_compiled: Whether XLA compiles the update of a variable into one pass.
  """

  gradient_scale: Any = None
  rate_factors: Sequence[float] = ()
  is_compiled: bool = False

  def __init__(
    self,
    learning_rate: Any,
    weight_decay_rate: float = 0.01,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-6,
    bias_correction: bool = False,
    global_clipnorm: float | None = None,
    name: str = "AdamWeightDecay",
  ):
    # Keras's own decay would be two passes over all variables even where it is
    # 0, the default.
    super().__init__(
      name=name,
      weight_decay=None,
      global_clipnorm=global_clipnorm,
      jit_compile=False,
    )
    self._learning_rate = self._build_learning_rate(learning_rate)
    self.weight_decay_rate = weight_decay_rate
    self.beta_1 = beta_1
    self.beta_2 = beta_2
    self.epsilon = epsilon
    self.bias_correction = bias_correction
    self._adam_m: list[Any] = []
    self._adam_v: list[Any] = []

  def build(self, var_list: Any) -> None:
    """Makes both moments of every variable."""
    super().build(var_list)
    if self._adam_m:
      return
    for variable in var_list:
      self._adam_m.append(self.add_variable_from_reference(variable, "adam_m"))
      self._adam_v.append(self.add_variable_from_reference(variable, "adam_v"))
    self._built = True  # or Keras restores no state out of HDF5

  def update_step(self, gradient: Any, variable: Any) -> None:
    """Takes one variable's step.

    As few passes over memory as can be: one where groups are compiled.
    """
    index = self._index_dict[self._var_key(variable)]
    is_decayed = variable_names.is_decayed(
      variable_names.variable_name(variable)
    )
    rate = tf.cast(self.learning_rate, variable.dtype)
    # By number: the names of copies on several devices have endings.
    if self.rate_factors and self.rate_factors[index] != 1.0:
      rate = rate * self.rate_factors[index]
    update = _compiled_update if self.is_compiled else _update
    update(
      variable.handle,
      self._adam_m[index].handle,
      self._adam_v[index].handle,
      tf.convert_to_tensor(gradient),
      self.gradient_scale,
      rate,
      self.weight_decay_rate if is_decayed else 0.0,
      (self.beta_1, self.beta_2, self.epsilon),
      self._beta_powers(),
    )

  def _beta_powers(self) -> tuple[Any, Any]:
    """b1^t and b2^t; 0 without correction."""
    if not self.bias_correction:
      return 0.0, 0.0
    step = tf.cast(self.iterations + 1, tf.float32)
    return self.beta_1**step, self.beta_2**step

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    config = super().get_config()
    return {
      "learning_rate": self._serialize_hyperparameter(self._learning_rate),
      "weight_decay_rate": self.weight_decay_rate,
      "beta_1": self.beta_1,
      "beta_2": self.beta_2,
      "epsilon": self.epsilon,
      "bias_correction": self.bias_correction,
      "global_clipnorm": self.global_clipnorm,
      "name": config["name"],
    }


def _update(
  variable: Any,
  m: Any,
  v: Any,
  gradient: Any,
  scale: Any,
  rate: Any,
  decay: float,
  settings: tuple[float, float, float],
  beta_powers: tuple[Any, Any],
) -> None:
  """Updates a variable and its moments, given as handles.

  The kernel is TensorFlow's Adam: with both powers of beta 0 it does no bias
  correction.
  """
  if scale is not None:
    gradient *= scale
  if decay:
    value = tf.raw_ops.ReadVariableOp(resource=variable, dtype=gradient.dtype)
    tf.raw_ops.AssignSubVariableOp(
      resource=variable, value=rate * decay * value
    )
  beta_1, beta_2, epsilon = settings
  tf.raw_ops.ResourceApplyAdam(
    var=variable,
    m=m,
    v=v,
    beta1_power=beta_powers[0],
    beta2_power=beta_powers[1],
    lr=rate,
    beta1=beta_1,
    beta2=beta_2,
    epsilon=epsilon,
    grad=gradient,
  )


_compiled_update = tf.function(_update, jit_compile=True, autograph=False)
