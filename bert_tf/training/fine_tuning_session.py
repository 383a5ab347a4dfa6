"""One model being fine-tuned, evaluated and applied."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  formats,
  layer_selection,
  load_log,
  loader,
  variable_names,
)
from bert_tf.inputs import input_pipeline, record_files
from bert_tf.training import (
  best_checkpoint,
  device_strategy,
  dtype_policies,
  fine_tuning_settings,
  objectives,
  optimizers,
  progress_log,
  run_checkpoints,
  training_loop,
  whole_checkpoints,
)

# Called with `use_one_hot_embeddings` and `dtype`, see `BertModel`.
MakeModel = Callable[..., Any]
Evaluate = Callable[[Any], Mapping[str, float]]  # of a model


@dataclasses.dataclass(frozen=True)
class TrainingRecords:
  """What is trained on.

  Attributes:
    path: The record file.
    schema: Of the records, for `tf.io.parse_example`.
    limits: By feature: ids from this number up are an error.
    num_examples: Examples of the training set.
  """

  path: str
  schema: Mapping[str, Any]
  limits: Mapping[str, int]
  num_examples: int


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
    settings: fine_tuning_settings.FineTuningSettings,
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
    self._trainer: training_loop.Trainer | None = None
    self._best = best_checkpoint.Best(
      best_checkpoint.folder_of(settings.output_dir), settings.best_metric
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

  def check_start(self, config: bert_config.BertConfig) -> None:
    """Checks the checkpoint that a training would start from, or resume.

    Args:
      config: That of the model.

    Raises:
      FileNotFoundError: There is no such checkpoint.
      ValueError: It lacks variables, or is of another model.
    """
    settings = self.settings
    trained = whole_checkpoints.newest(
      settings.output_dir, self.loop_settings.require_latest
    ).prefix
    if trained:
      loader.check_encoder(trained, config, require_all=True)
    elif settings.init_checkpoint:
      loader.check_encoder(
        settings.init_checkpoint,
        config,
        require_all=False,
        allow_new_layers=settings.allow_new_layers,
        layers=settings.init_from_layers,
      )
    else:
      logging.warning(
        "no init_checkpoint is given: the whole model is trained from random "
        "values, and fine-tuning alone teaches it little"
      )

  def prepare(
    self,
    num_examples: int,
    objective: objectives.Objective,
    evaluate: Evaluate | None = None,
  ) -> training_loop.Trainer:
    """Makes what trains, and checks that it can; writes nothing.

    Args:
      num_examples: Examples of the training set.
      objective: The losses.
      evaluate: Evaluates the model every `eval_steps`.

    Raises:
      ValueError: The output folder holds the training of another model, task
        or optimizer.
    """
    if self._trainer is None:
      steps = self.num_train_steps(num_examples)
      warmup = int(steps * self.settings.warmup_proportion)
      self._best.path()  # raises if it is damaged, or of another metric
      trainer = training_loop.Trainer(
        self.strategy,
        self._new_model,
        objective,
        optimizers.OptimizerSettings(
          self.settings.optimizer,
          self.settings.learning_rate,
          steps,
          warmup,
          self.settings.layer_decay,
        ),
        self.loop_settings,
        self.devices,
        self.settings.output_dir,
        lambda name: is_trained(name, self.settings.freeze_layers),
        self._pause(evaluate),
      )
      trainer.checkpoints.check()
      self._trainer = trainer
    return self._trainer

  def train(
    self,
    records: TrainingRecords,
    objective: objectives.Objective,
    evaluate: Evaluate | None = None,
  ) -> None:
    """Trains, or goes on with a training that was interrupted.

    Args:
      records: What to train on.
      objective: As of `prepare`.
      evaluate: As of `prepare`.
    """
    files = record_files.find([records.path])  # a comma in it is a comma
    trainer = self.prepare(records.num_examples, objective, evaluate)
    steps = trainer.last_step
    logging.info(
      "training on %d examples for %d steps", records.num_examples, steps
    )
    batches = input_pipeline.BatchSettings(
      self.loop_settings.batch_size, self.loop_settings.seed
    )
    with record_files.reading(files):
      trainer.train(
        input_pipeline.dataset_fn(
          files, records.schema, records.limits, batches
        ),
        self.settings.init_checkpoint,
        self.settings.allow_new_layers,
        self.settings.init_from_layers,
        input_pipeline.padding_share(files, records.schema),
      )
    self.global_step = int(trainer.optimizer.step.numpy())
    self._model = trainer.model
    if best_path := self._best.path():
      model = trainer.model
      self._load(model, best_path, model.unused_variables())

  def model(self) -> Any:
    """The model to evaluate and apply.

    The one trained in this session; else the best or the newest checkpoint of
    `output_dir`; else `init_checkpoint`.

    Raises:
      FileNotFoundError: There is none of them.
    """
    if self._model is None:
      output_dir = self.settings.output_dir
      trained = self._best.path() or run_checkpoints.latest(output_dir)
      path = trained or self.settings.init_checkpoint
      if not path:
        raise FileNotFoundError(
          f"no model to apply: no checkpoint in output_dir {output_dir} and no "
          "init_checkpoint given"
        )
      if not self.settings.best_metric and best_checkpoint.is_kept(output_dir):
        logging.warning(
          "output_dir %s keeps a best checkpoint, in best, but best_metric is "
          "not given: applying %s instead; give it to apply the best",
          output_dir,
          path,
        )
      with self.strategy.scope():
        model = self._new_model()
      # Whether it may lack a head is up to the task: `TaskHead.check_run`.
      self._load(
        model,
        path,
        model.unused_variables() if trained else model.optional_variables(),
      )
      self._model = model
    return self._model

  def _new_model(self) -> Any:
    return self._make_model(
      use_one_hot_embeddings=self.devices.kind == "tpu",
      dtype=dtype_policies.policy(self.devices.precision),
    )

  def _load(self, model: Any, path: str, optional: Iterable[Any]) -> None:
    """Loads a model to be applied; `optional` are variables it may lack."""
    reader = formats.reader(path, model.config)
    report = loader.load(
      model.variables,
      reader,
      require_all=True,
      optional=variable_names.by_name(optional),
    )
    load_log.log(path, report)
    if variable_names.GLOBAL_STEP in reader.shapes:
      self.global_step = int(reader.read(variable_names.GLOBAL_STEP))

  def _pause(self, evaluate: Evaluate | None) -> training_loop.Pause | None:
    """Evaluates now and then, keeps the best, tells when to stop."""
    if evaluate is None or not self.settings.eval_steps:
      return None
    folder = os.path.join(self.settings.output_dir, "eval")
    writes = device_strategy.is_chief(self.strategy)
    writers: list[Any] = []  # made when it is first written to
    patience = self.settings.early_stopping_patience * self.settings.eval_steps

    def call(trainer: training_loop.Trainer, step: int) -> bool:
      results = dict(evaluate(trainer.model))
      logging.info(
        "evaluation at step %d: %s",
        step,
        ", ".join(f"{name} {value:.4g}" for name, value in results.items()),
      )
      if writes and not writers:
        writers.append(tf.summary.create_file_writer(folder))
      progress_log.write_scalars(writers[0] if writers else None, step, results)
      self._best.offer(step, results, trainer.model, writes)
      return self._best.is_stale(step, patience)

    return training_loop.Pause(
      self.settings.eval_steps, call, lambda s: self._best.is_stale(s, patience)
    )


def config_of(
  config: bert_config.BertConfig,
  settings: fine_tuning_settings.FineTuningSettings,
) -> bert_config.BertConfig:
  """The configuration with as many layers as are wanted of `init_checkpoint`.

  Raises:
    OSError: There is no such checkpoint.
    ValueError: It has no such layer, or is of another configuration.
  """
  layers = settings.init_from_layers
  if config.num_hidden_layers == len(layers) or not layers:
    return config
  reader = formats.reader(settings.init_checkpoint or "")
  layer_selection.sources(list(reader.shapes), layers, reader.prefix)
  there = layer_selection.count(reader.shapes)
  return layer_selection.config_of(config, layers, there, reader.prefix)


def is_trained(name: str, freeze_layers: int) -> bool:
  """Whether a variable is trained when the first blocks keep their weights."""
  if not freeze_layers:
    return True
  frozen = [f"bert/encoder/layer_{index}/" for index in range(freeze_layers)]
  return not name.startswith(("bert/embeddings/", *frozen))
