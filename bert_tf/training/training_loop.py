"""The training and evaluation loops that all runners share."""

import contextlib
import dataclasses
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf import keras
from bert_tf.checkpoints import initial_checkpoint, variable_names
from bert_tf.kernels import onednn_kernels
from bert_tf.system import stop_signals
from bert_tf.training import (
  batch_iterator,
  device_strategy,
  dtype_policies,
  due_pause,
  loop_settings,
  objectives,
  optimizers,
  progress_log,
  run_checkpoints,
  step_compilation,
  step_functions,
  step_profiler,
  step_sums,
  worker_agreement,
)

_SEED_FOR_0 = 2**31 - 2
_NEVER = np.iinfo(np.int64).max

LoopSettings = loop_settings.LoopSettings


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
    device_strategy.replica_batch_size(
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
    self._devices = devices
    compilation = step_compilation.choose(devices.jit_compile, strategy)
    self._compilation = compilation
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
      settings.require_latest,
    )
    self._make_step()  # raises what is wrong; `train` knows the padding
    self._workers = worker_agreement.Workers(strategy)
    with tf.device("CPU:0"):
      self._is_to_stop = tf.Variable(False, trainable=False)

  def initialize(
    self,
    init_checkpoint: str | None,
    allow_new_layers: bool = False,
    layers: Sequence[int] = (),
  ) -> int:
    """Resumes from `output_dir`, or else loads `init_checkpoint`.

    Args:
      init_checkpoint: What to start from; None for random weights.
      allow_new_layers: As of `loader.load`.
      layers: As of `layer_selection.of`.

    Returns:
      The step to go on from.
    """
    step = self.checkpoints.restore()
    if step is not None:
      logging.info("resuming %s at step %d", self.output_dir, step)
      return step
    if init_checkpoint:
      initial_checkpoint.load(
        self.model, init_checkpoint, allow_new_layers, layers
      )
    return 0

  def _make_step(self, padding: float | None = None) -> None:
    """Makes the step for batches with such a share of padding.

    Raises:
      ValueError: The settings of the devices do not go together.
    """
    self._step = step_functions.TrainStep(
      self.model,
      self.objective,
      self.optimizer,
      self.settings.seed,
      self.settings.gradient_accumulation_steps,
      self._compilation,
      step_compilation.packs(
        self._devices,
        self._compilation,
        self.strategy,
        self.objective.uses_padding,
        padding,
      ),
      self._devices.length_buckets,
    )
    self._run = tf.function(self._run_steps)

  def train(
    self,
    dataset_fn: batch_iterator.DatasetFn,
    init_checkpoint: str | None,
    allow_new_layers: bool = False,
    layers: Sequence[int] = (),
    padding: float | None = None,
  ) -> None:
    """Trains to the last step.

    Args:
      dataset_fn: The batches.
      init_checkpoint: As of `initialize`.
      allow_new_layers: As of `initialize`.
      layers: The same.
      padding: Share of the batches' positions that are padding, 0 to 1; None
        if it is not known, and taken to be large.

    Raises:
      NanLossError: The loss is no longer a number; names the step.
    """
    self._make_step(padding)
    with (
      self._workers.naming_lost(self.output_dir),
      stop_signals.deferred(self._stop_soon) as signals,
    ):
      with signals.raising():
        start = self.initialize(init_checkpoint, allow_new_layers, layers)
      self._workers.check_same_step(start, self.output_dir)
      self._train(dataset_fn, start, signals)

  def _train(
    self,
    dataset_fn: batch_iterator.DatasetFn,
    step: int,
    signals: stop_signals.Handling,
  ) -> None:
    """Trains from a step on."""
    # All workers do the same, though the chief may have written meanwhile.
    if self._workers.any(due_pause.is_due(self.output_dir, step)):
      self._pause_at(step, signals)
    was_over = self.pause is not None and self.pause.is_over(step)
    if step >= self.last_step or self._workers.any(was_over):
      logging.info("step %d of %d: nothing to train", step, self.last_step)
      return
    batches = batch_iterator.iterate(self.strategy, dataset_fn, step)
    shown = progress_log.Progress(
      self.output_dir if self.checkpoints.writes else None,
      self.last_step,
      self.settings.batch_size,
    )
    shown.start(step)
    profiler = step_profiler.StepProfiler(
      self.output_dir if self.checkpoints.writes else None,
      self.settings.profile_steps,
    )
    with contextlib.closing(shown), contextlib.closing(profiler):
      step = self._take_steps(batches, step, shown, profiler, signals)
    # Waits until the chief has written all.
    self._workers.check_same_step(step, self.output_dir)

  def _take_steps(
    self,
    batches: Any,
    step: int,
    shown: progress_log.Progress,
    profiler: step_profiler.StepProfiler,
    signals: stop_signals.Handling,
  ) -> int:
    """Trains from a step on to the last one; returns the step it ends at."""
    saved = step
    window: dict[str, float] = {}
    while step < self.last_step:
      count = self._steps_until_stop(step)
      if not self._workers.are_several:  # whose clocks differ
        count = min(count, shown.steps_until_look())
      count = min(count, profiler.steps_until_look(step) or count)
      sums = self._run(batches, tf.constant(count, tf.int64))
      self._check_finite(sums, step)
      step += int(sums["steps"])
      if number := self._signal(signals):
        self._save_and_stop(number, step, saved)
      window = step_sums.add_sums(window, sums)
      shown.count(step, float(sums["tokens"]))
      profiler.look(step)
      if step % self.settings.log_steps == 0 or step == self.last_step:
        shown.report(step, self._values(window, step))
        window = {}
      else:
        shown.look(step)
      # The pause comes first: a run that is killed in it begins it again.
      is_over = self._is_pause(step) and self._pause_at(step, signals)
      if (
        is_over
        or step % self.settings.save_checkpoints_steps == 0
        or step == self.last_step
      ):
        self.checkpoints.save(step)
        saved = step
      if is_over:
        logging.info("stopped early at step %d", step)
        break
    return step

  def _is_pause(self, step: int) -> bool:
    return self.pause is not None and step % self.pause.every == 0

  def _pause_at(self, step: int, signals: stop_signals.Handling) -> bool:
    """Evaluates, or what the pause is for; tells whether training is over.

    Raises:
      stop_signals.Stopped: A signal came meanwhile; the pause is due.
    """
    if self.pause is None:
      return False
    try:
      # Of several workers none leaves alone.
      with (
        contextlib.nullcontext()
        if self._workers.are_several
        else signals.raising()
      ):
        is_over = self.pause.call(self, step)
    except stop_signals.Stopped as stopped:
      self._save_and_stop(stopped.number, step)
    if self.checkpoints.writes:
      due_pause.clear(self.output_dir)
    # Scores that differ in the last digits must not part the workers.
    return self._workers.any(is_over)

  def _stop_soon(self) -> None:
    """Ends the steps that run on the device; called by another thread."""
    if not self._workers.are_several:  # workers end together, see `_signal`
      self._is_to_stop.assign(True)

  def _signal(self, signals: stop_signals.Handling) -> int | None:
    """The signal that came, to this worker or another one."""
    told = self._workers.any(signals.number is not None)
    return (signals.number or signal.SIGTERM) if told else None

  def _save_and_stop(
    self, number: int, step: int, saved: int | None = None
  ) -> NoReturn:
    """Saves and ends a run that was told to end.

    Args:
      number: The signal.
      step: Steps done.
      saved: The step that was saved last, if known.

    Raises:
      stop_signals.Stopped: Always.
    """
    if step != saved:
      if self._is_pause(step) and self.checkpoints.writes:
        due_pause.note(self.output_dir, step)
      self.checkpoints.save(step)
    self._workers.check_same_step(step, self.output_dir)
    raise stop_signals.Stopped(
      number,
      f"stopped and saved at step {step} of {self.last_step} in "
      f"{self.output_dir}; the same command goes on from there",
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
    totals |= {"loss": zero, "steps": zero, "tokens": zero}
    bad_step = tf.constant(_NEVER, tf.int64)
    done = tf.constant(0, tf.int64)
    while done < count and not self._is_to_stop.read_value():
      done += 1
      step = self.optimizer.step.read_value()
      batch = batch_iterator.take(self.strategy, batches)
      sums = self.strategy.run(self._step, args=(batch,))
      sums = step_sums.local_values(self.strategy, sums) | {
        "steps": tf.constant(1.0)
      }
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
