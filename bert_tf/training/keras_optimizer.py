"""The original's optimizer for Keras's `compile`."""

from typing import Any

from bert_tf.training import (
  learning_rate_schedule,
  optimizer_table,
  optimizers,
)


def create_optimizer(
  init_lr: float,
  num_train_steps: int,
  num_warmup_steps: int = 0,
  name: str = "adamw",
) -> Any:
  """Makes an optimizer with the original's schedule, decay and clipping.

  It takes the steps that the commands take: Adam with decoupled weight decay
  0.01, without bias correction; LayerNorm and biases are not decayed; gradients
  are clipped by their global norm at 1; linear warm-up and decay to 0.
  Source: optimization.py, `create_optimizer`.

  Args:
    init_lr: The learning rate's peak.
    num_train_steps: Steps of the training: batches of an epoch times epochs.
    num_warmup_steps: Steps of linear warm-up; step 0 then trains at rate 0.
    name: Another optimizer of `--optimizer`.

  Returns:
    A Keras optimizer.

  Raises:
    ValueError: An argument is out of its range, or the optimizer cannot clip.
  """
  settings = optimizer_table.OptimizerSettings(
    name, init_lr, num_train_steps, num_warmup_steps
  )
  rate = learning_rate_schedule.WarmupLinearDecay(
    settings.learning_rate, settings.num_train_steps, settings.num_warmup_steps
  )
  made = optimizer_table.OPTIMIZERS[settings.name].make(rate)
  made.global_clipnorm = optimizers.CLIP_NORM
  return made
