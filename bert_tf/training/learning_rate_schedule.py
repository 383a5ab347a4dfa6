"""The learning rate over the steps of a run."""

from typing import Any

import tensorflow as tf

from bert_tf import keras


@keras.serializable
class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
  """Linear warm-up from 0, then linear decay to 0 at the last step.

  At step t of n with w warm-up steps the rate is r t / w while t < w and
  r (1 - t / n) after. Step 0 trains at rate 0 when there is warm-up.
  Source: optimization.py, `create_optimizer`.

  Args:
    learning_rate: r, the peak were there no decay.
    num_train_steps: n, from 1 up.
    num_warmup_steps: w; 0 for none.
  """

  def __init__(
    self, learning_rate: float, num_train_steps: int, num_warmup_steps: int
  ):
    super().__init__()
    if num_train_steps < 1:
      raise ValueError(f"num_train_steps={num_train_steps} is below 1")
    if num_warmup_steps < 0:
      raise ValueError(f"num_warmup_steps={num_warmup_steps} is below 0")
    self.learning_rate = learning_rate
    self.num_train_steps = num_train_steps
    self.num_warmup_steps = num_warmup_steps

  def __call__(self, step: Any) -> Any:
    """The rate at `step`, any integer or float scalar; float32."""
    step = tf.cast(step, tf.float32)
    total = tf.constant(self.num_train_steps, tf.float32)
    peak = tf.constant(self.learning_rate, tf.float32)
    rate = peak * (1.0 - tf.minimum(step, total) / total)
    if not self.num_warmup_steps:
      return rate
    warmup = tf.constant(self.num_warmup_steps, tf.float32)
    return tf.where(step < warmup, peak * (step / warmup), rate)

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    return {
      "learning_rate": self.learning_rate,
      "num_train_steps": self.num_train_steps,
      "num_warmup_steps": self.num_warmup_steps,
    }


# In HDF5 files and SavedModels Keras looks schedules up by their bare names.
keras.utils.get_custom_objects()[WarmupLinearDecay.__name__] = WarmupLinearDecay
