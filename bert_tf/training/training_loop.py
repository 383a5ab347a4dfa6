"""The training and evaluation loops that all runners share."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf import keras
from bert_tf.checkpoints import formats, loader, variable_names
from bert_tf.kernels import onednn_kernels
from bert_tf.training import (
  device_strategy,
  dtype_policies,
  objectives,
  optimizers,
  progress_log,
  run_checkpoints,
  step_compilation,
  step_functions,
)

# (input_context, first_step) -> batches of one replica, for ever.
DatasetFn = Callable[[Any, int], Any]
_SEED_FOR_0 = 2**31 - 2
_NEVER = np.iinfo(np.int64).max


@dataclasses.dataclass(frozen=True)
class LoopSettings:
  """How a training goes.

  Attributes:
    batch_size: Examples of a step, over all replicas and micro-batches.
    gradient_accumulation_steps: Micro-batches of a step.
    seed: Of data order, dropout and new weights.
    save_checkpoints_steps: Steps between checkpoints.
    keep_checkpoint_max: Checkpoints kept; 0 keeps all.
    log_steps: Steps between lines of progress.
    iterations_per_loop: The most steps between two looks at the host.
  """

  batch_size: int
  gradient_accumulation_steps: int = 1
  seed: int = 12345
  save_checkpoints_steps: int = 1000
  keep_checkpoint_max: int = 5
  log_steps: int = 100
  iterations_per_loop: int = 1000

  def __post_init__(self) -> None:
    for field in dataclasses.fields(self):
      value = getattr(self, field.name)
      least = 0 if field.name in ("seed", "keep_checkpoint_max") else 1
      if value < least:
        raise ValueError(f"{field.name}={value} is below {least}")


class NanLossError(RuntimeError):
  """The loss or the gradients are no longer numbers."""


@dataclasses.dataclass(frozen=True)
class Pause:
  """What a task does between steps, such as to evaluate.

  Attributes:
    every: Steps between two pauses.
    call: Gets the trainer and the step; tells whether to stop training.
    is_over: Tells of a resumed training's step whether it had been stopped.
  """

  every: int
  call: Callable[["Trainer", int], bool]
  is_over: Callable[[int], bool] = lambda step: False


def replica_batch_size(
  strategy: Any, batch_size: int, parts: int = 1, flag: str = "train_batch_size"
) -> int:
  """Examples of a batch on one replica; `flag` is what errors call it.

  Raises:
    ValueError: The batch cannot be cut evenly.
  """
  replicas = strategy.num_replicas_in_sync
  if batch_size % (replicas * parts):
    raise ValueError(
      f"{flag}={batch_size} examples cannot be cut evenly over {replicas} "
      f"replicas and {parts} micro-batches; use a multiple of "
      f"{replicas * parts}"
    )
  return batch_size // replicas


class Trainer:
  """Trains one model in one output folder.

  Args:
    strategy: Where it computes.
    make_model: Makes the model, called under the strategy's scope.
    objective: Its losses.
    optimizer: Settings of its optimizer.
    settings: Of the loop.
    devices: Precision and XLA.
    output_dir: Holds checkpoints, events and results.
    is_trained: Predicate on variable names: True if the variable is trainable.
    pause: Called between steps now and then; see `Pause`.
  """

  def __init__(
    self,
    strategy: Any,
    make_model: Callable[[], Any],
    objective: objectives.Objective,
    optimizer: optimizers.OptimizerSettings,
    settings: LoopSettings,
    devices: device_strategy.DeviceSettings,
    output_dir: str,
    is_trained: Callable[[str], bool] = lambda name: True,
    pause: "Pause | None" = None,
  ):
    onednn_kernels.check_trainable()
    replica_batch_size(
      strategy, settings.batch_size, settings.gradient_accumulation_steps
    )
    self.strategy = strategy
    self.objective = objective
    self.settings = settings
    self.output_dir = output_dir
    self.last_step = optimizer.num_train_steps
    self.pause = pause
    # Of new weights. TensorFlow takes a seed of 0 for none.
    keras.utils.set_random_seed(settings.seed % 2**31 or _SEED_FOR_0)
    compilation = step_compilation.choose(devices.jit_compile, strategy)
    with strategy.scope():
      self.model = make_model()
      self.optimizer = optimizers.Optimizer(
        optimizer,
        [
          variable
          for variable in self.model.trainable_variables
          if is_trained(variable_names.variable_name(variable))
        ],
        dtype_policies.needs_loss_scale(devices.precision),
        compilation == step_compilation.GROUPS,
      )
    self.checkpoints = run_checkpoints.Checkpoints(
      output_dir,
      variable_names.by_name(self.model.variables) | self.optimizer.state(),
      settings.keep_checkpoint_max,
      device_strategy.is_chief(strategy),
    )
    self._step = step_functions.TrainStep(
      self.model,
      objective,
      self.optimizer,
      settings.seed,
      settings.gradient_accumulation_steps,
      compilation,
      step_compilation.packs(
        devices.pack, compilation, strategy, objective.uses_padding
      ),
    )
    self._run = tf.function(self._run_steps)

  def initialize(self, init_checkpoint: str | None) -> int:
    """Resumes from `output_dir`, or else loads `init_checkpoint`.

    Returns:
      The step to go on from.
    """
    step = self.checkpoints.restore()
    if step is not None:
      logging.info("resuming %s at step %d", self.output_dir, step)
      return step
    if init_checkpoint:
      report = loader.load(
        self.model.variables,
        formats.reader(init_checkpoint, self.model.config),
      )
      for line in report.lines():
        logging.info("init_checkpoint: %s", line)
    return 0

  def train(self, dataset_fn: DatasetFn, init_checkpoint: str | None) -> None:
    """Trains to the last step.

    Raises:
      NanLossError: The loss is no longer a number; names the step. The
        checkpoints before it are kept.
    """
    step = self.initialize(init_checkpoint)
    self._check_same_step(step)
    if step >= self.last_step or (self.pause and self.pause.is_over(step)):
      logging.info("step %d of %d: nothing to train", step, self.last_step)
      return
    batches = iter(
      self.strategy.distribute_datasets_from_function(
        lambda context: dataset_fn(context, step)
      )
    )
    writes = device_strategy.is_chief(self.strategy)
    shown = progress_log.Progress(
      self.output_dir if writes else None,
      self.last_step,
      self.settings.batch_size,
    )
    shown.start(step)
    window: dict[str, float] = {}
    while step < self.last_step:
      count = self._steps_until_stop(step)
      sums = self._run(batches, tf.constant(count, tf.int64))
      self._check_finite(sums, step)
      step += count
      window = add_sums(window, sums)
      if step % self.settings.log_steps == 0 or step == self.last_step:
        shown.report(step, self._values(window, step))
        window = {}
      # The pause comes first: a run that is killed in it begins it again.
      is_over = (
        self.pause is not None
        and step % self.pause.every == 0
        and self.pause.call(self, step)
      )
      if (
        is_over
        or step % self.settings.save_checkpoints_steps == 0
        or step == self.last_step
      ):
        self.checkpoints.save(step)
      if is_over:
        logging.info("stopped early at step %d", step)
        break
    self._check_same_step(step)  # waits until the chief has written all

  def _check_same_step(self, step: int) -> None:
    """Workers that resume at different steps would train different models."""
    if not isinstance(self.strategy, tf.distribute.MultiWorkerMirroredStrategy):
      return

    @tf.function
    def total() -> Any:
      def add() -> Any:
        context = tf.distribute.get_replica_context()
        here = tf.constant(step, tf.int64)
        return context.all_reduce(tf.distribute.ReduceOp.SUM, here)

      return local_values(self.strategy, {"x": self.strategy.run(add)})["x"]

    mean = int(total()) / self.strategy.num_replicas_in_sync
    if mean != step:
      raise ValueError(
        f"this worker is at step {step} of {self.output_dir}, the mean of all "
        f"is {mean:g}: output_dir must be one folder that all workers share"
      )

  def _steps_until_stop(self, step: int) -> int:
    """Steps until something is to be done on the host."""
    every = [self.settings.log_steps, self.settings.save_checkpoints_steps]
    if self.pause is not None:
      every.append(self.pause.every)
    counts = [interval - step % interval for interval in every]
    return min(
      *counts, self.settings.iterations_per_loop, self.last_step - step
    )

  def _run_steps(self, batches: Any, count: Any) -> dict[str, Any]:
    """Takes `count` steps; sums over them and the first bad step.

    The step stands in the graph once, within the loop: two copies could be
    optimized differently, and results would depend on where loops end.
    """
    zero = tf.constant(0.0)
    losses = self.objective.epsilons
    totals = dict.fromkeys(self.objective.sum_names, zero)
    totals |= {f"{name}_weight": zero for name in losses}
    totals |= {"loss": zero, "steps": zero}
    bad_step = tf.constant(_NEVER, tf.int64)
    for _ in tf.range(count):
      step = self.optimizer.step.read_value()
      sums = self.strategy.run(self._step, args=(next(batches),))
      sums = local_values(self.strategy, sums) | {"steps": tf.constant(1.0)}
      good = tf.math.is_finite(sums["loss"])
      if not self.optimizer.scales_loss:
        good = good & tf.math.is_finite(sums["gradient_norm"])
      bad_step = tf.where(good, bad_step, tf.minimum(bad_step, step))
      totals = {name: totals[name] + sums[name] for name in totals}
    return totals | {"bad_step": bad_step}

  def _check_finite(self, sums: dict[str, Any], step: int) -> None:
    bad = int(sums.pop("bad_step"))
    if bad == _NEVER:
      return
    last = self.checkpoints.latest()
    raise NanLossError(
      f"the loss or its gradient is not a number at step {bad}; the last good "
      f"checkpoint is {last or 'none, nothing was saved yet'}. A smaller "
      "learning_rate or a longer warm-up helps most often"
    )

  def _values(self, sums: Mapping[str, float], step: int) -> dict[str, float]:
    loss = sums["loss"] / sums["steps"]
    rate = float(self.optimizer.rate(step - 1))
    return (
      {"loss": loss} | self.objective.results(sums) | {"learning_rate": rate}
    )


def local_values(strategy: Any, values: dict[str, Any]) -> dict[str, Any]:
  """One replica's copy of values that are the same on all."""
  return {
    name: strategy.experimental_local_results(value)[0]
    for name, value in values.items()
  }


def add_sums(
  totals: Mapping[str, float], sums: Mapping[str, Any]
) -> dict[str, float]:
  """Adds a batch's sums (scalars) to the totals."""
  return {
    name: totals.get(name, 0.0) + float(value) for name, value in sums.items()
  }


def evaluate(
  strategy: Any,
  model: Any,
  objective: objectives.Objective,
  dataset_fn: DatasetFn,
  steps: int | None = None,
) -> dict[str, float]:
  """The objective's results and `loss`, the mean over batches.

  Args:
    strategy: Where the model was made.
    model: The model.
    objective: Its losses.
    dataset_fn: As for training.
    steps: Batches; None takes all there are.
  """
  eval_step = step_functions.EvalStep(model, objective)

  @tf.function
  def run(batch: Any) -> dict[str, Any]:
    return local_values(strategy, strategy.run(eval_step, args=(batch,)))

  batches = iter(
    strategy.distribute_datasets_from_function(
      lambda context: dataset_fn(context, 0)
    )
  )
  totals: dict[str, float] = {}
  done = 0
  for _ in range(steps if steps is not None else _NEVER):
    try:
      batch = next(batches)
    except (StopIteration, tf.errors.OutOfRangeError):
      break
    totals = add_sums(totals, run(batch))
    done += 1
  if not done:
    raise ValueError("nothing to evaluate: not one whole batch of examples")
  results = {"loss": totals["loss"] / done} | objective.results(totals)
  if not all(math.isfinite(value) for value in results.values()):
    logging.warning("evaluation gave values that are not numbers")
  return results
