"""Fine-tuning: what classification, SQuAD and tagging share."""

import dataclasses
import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf.checkpoints import formats, loader, variable_names
from bert_tf.inputs import input_pipeline, record_files
from bert_tf.training import (
  best_checkpoint,
  device_strategy,
  dtype_policies,
  objectives,
  optimizers,
  output_folder,
  progress_log,
  run_checkpoints,
  training_loop,
)

# Called with `use_one_hot_embeddings` and `dtype`, see `BertModel`.
MakeModel = Callable[..., Any]
Evaluate = Callable[[Any], Mapping[str, float]]  # of a model


@dataclasses.dataclass(frozen=True)
class Settings:
  """How a model is fine-tuned; batch size and seed are of `LoopSettings`.

  Attributes:
    output_dir: For checkpoints, records, events and results.
    init_checkpoint: The pre-trained model; None for random weights.
    learning_rate: The peak.
    num_train_epochs: How often the examples are gone through.
    warmup_proportion: Share of the steps that warm up.
    optimizer: One of `optimizer.OPTIMIZERS`.
    freeze_layers: So many blocks from the first, and the embeddings, keep
      their weights; 0 trains all.
    eval_steps: Steps between evaluations while training; 0 for none.
    best_metric: The metric by which the best of them is kept, in
      `output_dir/best`, and used afterwards; None keeps none.
    early_stopping_patience: Evaluations without a better one after which
      training stops; 0 goes on to the end.
  """

  output_dir: str
  init_checkpoint: str | None = None
  learning_rate: float = 5e-5
  num_train_epochs: float = 3.0
  warmup_proportion: float = 0.1
  optimizer: str = "adamw"
  freeze_layers: int = 0
  eval_steps: int = 0
  best_metric: str | None = None
  early_stopping_patience: int = 0

  def __post_init__(self) -> None:
    optimizers.OptimizerSettings(self.optimizer, self.learning_rate, 1, 0)
    if self.num_train_epochs <= 0:
      raise ValueError(f"num_train_epochs={self.num_train_epochs} is not > 0")
    if not 0 <= self.warmup_proportion <= 1:
      raise ValueError(
        f"warmup_proportion={self.warmup_proportion} is not from 0 to 1"
      )
    for name in ("freeze_layers", "eval_steps", "early_stopping_patience"):
      if getattr(self, name) < 0:
        raise ValueError(f"{name}={getattr(self, name)} is below 0")
    if self.best_metric and not self.eval_steps:
      raise ValueError("best_metric needs eval_steps above 0")
    if self.early_stopping_patience and not self.best_metric:
      raise ValueError("early_stopping_patience needs best_metric")

  def with_known_metric(self, known: Collection[str]) -> "Settings":
    """With the name of the best metric spelled out: "f1" is "eval_f1".

    Args:
      known: The names of the task's metrics.

    Raises:
      ValueError: It is none of them.
    """
    name = self.best_metric
    if not name:
      return self
    full = name if name in known else f"eval_{name}"
    if full not in known:
      raise ValueError(
        f"best_metric={name!r} is not a metric of this task; it is one of "
        f"{', '.join(known)}"
      )
    return dataclasses.replace(self, best_metric=full)

  def check_layers(self, count: int) -> None:
    """Checks that a model has as many blocks as are to be frozen.

    Raises:
      ValueError: It has fewer.
    """
    if self.freeze_layers > count:
      raise ValueError(
        f"freeze_layers={self.freeze_layers}, but the model has {count} "
        "(num_hidden_layers of bert_config_file): give that many at most"
      )

  def check_head(self, shape: tuple[int, int], do_train: bool) -> None:
    """Checks that the checkpoint to go on from has the head of this task.

    Args:
      shape: Its outputs, and the width of the encoder.
      do_train: Whether a new head may be made if no training has begun.

    Raises:
      FileNotFoundError: There is no such checkpoint.
      ValueError: It has another head, or none.
    """
    path = run_checkpoints.latest(self.output_dir)
    if not path and not do_train:
      path = self.init_checkpoint
    if path:
      output_folder.check_head(path, "", shape)
    elif self.init_checkpoint:
      formats.recognise(self.init_checkpoint)  # Or say that there is none.


class Session:
  """One model being fine-tuned, evaluated and applied.

  Args:
    make_model: Makes the model; given `use_one_hot_embeddings` and `dtype`.
    settings: Of the fine-tuning.
    loop_settings: Of the loop.
    devices: Where to compute.
  """

  def __init__(
    self,
    make_model: MakeModel,
    settings: Settings,
    loop_settings: training_loop.LoopSettings,
    devices: device_strategy.DeviceSettings,
  ):
    self.settings = settings
    self.loop_settings = loop_settings
    self.devices = devices
    self.strategy = device_strategy.create(devices)
    self.global_step = 0
    self._make_model = make_model
    self._model: Any = None
    self._best = best_checkpoint.Best(
      os.path.join(settings.output_dir, "best"), settings.best_metric
    )

  def num_train_steps(self, num_examples: int) -> int:
    """Steps of the training. Source: run_classifier.py.

    Raises:
      ValueError: There are too few examples for a single step.
    """
    batches = num_examples / self.loop_settings.batch_size
    steps = int(batches * self.settings.num_train_epochs)
    if not steps:
      raise ValueError(
        f"{num_examples} examples in batches of "
        f"{self.loop_settings.batch_size}, {self.settings.num_train_epochs} "
        "epochs, make not one step: take a smaller train_batch_size"
      )
    return steps

  def train(
    self,
    record_path: str,
    schema: Mapping[str, Any],
    limits: Mapping[str, int],
    num_examples: int,
    objective: objectives.Objective,
    evaluate: Evaluate | None = None,
  ) -> None:
    """Trains, or goes on with a training that was interrupted.

    Args:
      record_path: Record files or globs, comma-separated.
      schema: Of the records, for `tf.io.parse_example`.
      limits: By feature: ids from this number up are an error.
      num_examples: Examples of the training set.
      objective: The losses.
      evaluate: Evaluates the model every `eval_steps`.
    """
    files = record_files.find(record_path)
    steps = self.num_train_steps(num_examples)
    warmup = int(steps * self.settings.warmup_proportion)
    trainer = training_loop.Trainer(
      self.strategy,
      self._new_model,
      objective,
      optimizers.OptimizerSettings(
        self.settings.optimizer, self.settings.learning_rate, steps, warmup
      ),
      self.loop_settings,
      self.devices,
      self.settings.output_dir,
      lambda name: is_trained(name, self.settings.freeze_layers),
      self._pause(evaluate),
    )
    logging.info("training on %d examples for %d steps", num_examples, steps)
    batches = input_pipeline.BatchSettings(
      self.loop_settings.batch_size, self.loop_settings.seed
    )
    with record_files.reading(files):
      trainer.train(
        input_pipeline.dataset_fn(files, schema, limits, batches),
        self.settings.init_checkpoint,
      )
    self.global_step = int(trainer.optimizer.step.numpy())
    self._model = trainer.model
    if best_path := self._best.path():
      self._load(trainer.model, best_path)

  def model(self) -> Any:
    """The model to evaluate and apply.

    The one trained in this session; else the best or the newest checkpoint of
    `output_dir`; else `init_checkpoint`.

    Raises:
      FileNotFoundError: There is none of them.
    """
    if self._model is None:
      output_dir = self.settings.output_dir
      path = self._best.path() or run_checkpoints.latest(output_dir)
      path = path or self.settings.init_checkpoint
      if not path:
        raise FileNotFoundError(
          f"no model to apply: no checkpoint in output_dir {output_dir} and no "
          "init_checkpoint given"
        )
      with self.strategy.scope():
        model = self._new_model()
      self._load(model, path)
      self._model = model
    return self._model

  def _new_model(self) -> Any:
    return self._make_model(
      use_one_hot_embeddings=self.devices.kind == "tpu",
      dtype=dtype_policies.policy(self.devices.precision),
    )

  def _load(self, model: Any, path: str) -> None:
    reader = formats.reader(path, model.config)
    for line in loader.load(model.variables, reader).lines():
      logging.info("%s: %s", path, line)
    if variable_names.GLOBAL_STEP in reader.shapes:
      self.global_step = int(reader.read(variable_names.GLOBAL_STEP))

  def _pause(self, evaluate: Evaluate | None) -> training_loop.Pause | None:
    """Evaluates now and then, keeps the best, tells when to stop."""
    if evaluate is None or not self.settings.eval_steps:
      return None
    folder = os.path.join(self.settings.output_dir, "eval")
    writes = device_strategy.is_chief(self.strategy)
    writer = tf.summary.create_file_writer(folder) if writes else None
    patience = self.settings.early_stopping_patience * self.settings.eval_steps

    def call(trainer: training_loop.Trainer, step: int) -> bool:
      results = dict(evaluate(trainer.model))
      logging.info(
        "evaluation at step %d: %s",
        step,
        ", ".join(f"{name} {value:.4g}" for name, value in results.items()),
      )
      progress_log.write_scalars(writer, step, results)
      self._best.offer(step, results, trainer.model, writes)
      return self._best.is_stale(step, patience)

    return training_loop.Pause(
      self.settings.eval_steps, call, lambda s: self._best.is_stale(s, patience)
    )


def is_trained(name: str, freeze_layers: int) -> bool:
  """Whether a variable is trained when the first blocks keep their weights."""
  if not freeze_layers:
    return True
  frozen = [f"bert/encoder/layer_{index}/" for index in range(freeze_layers)]
  return not name.startswith(("bert/embeddings/", *frozen))
