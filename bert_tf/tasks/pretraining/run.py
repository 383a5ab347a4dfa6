"""Pre-training and its evaluation, from record files to a checkpoint."""

import dataclasses
import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import formats, loader, variable_names
from bert_tf.inputs import input_pipeline, record_files
from bert_tf.models import pretrainer
from bert_tf.tasks.pretraining import loss
from bert_tf.training import (
  device_strategy,
  dtype_policies,
  eval_results,
  optimizers,
  output_folder,
  progress_log,
  run_checkpoints,
  training_loop,
)


@dataclasses.dataclass(frozen=True)
class PretrainingSettings:
  """What run_pretraining is told, device and loop flags apart.

  Attributes:
    input_file: Record files or globs, comma-separated.
    output_dir: For checkpoints, events and results.
    max_seq_length: S of the records.
    max_predictions_per_seq: P of the records.
    init_checkpoint: To start from; None for random weights.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    eval_batch_size: Examples of an evaluation batch over all replicas.
    max_eval_steps: Evaluation batches.
  """

  input_file: str
  output_dir: str
  max_seq_length: int = 128
  max_predictions_per_seq: int = 20
  init_checkpoint: str | None = None
  do_train: bool = False
  do_eval: bool = False
  eval_batch_size: int = 8
  max_eval_steps: int = 100

  def __post_init__(self) -> None:
    if not (self.do_train or self.do_eval):
      raise ValueError("nothing to do: set do_train or do_eval or both")
    for name in (
      "max_seq_length",
      "max_predictions_per_seq",
      "eval_batch_size",
      "max_eval_steps",
    ):
      if getattr(self, name) < 1:
        raise ValueError(f"{name}={getattr(self, name)} is below 1")

  def lengths(self) -> dict[str, int]:
    """Values of each feature of a record."""
    sequence = ("input_ids", "input_mask", "segment_ids")
    masked = ("masked_lm_positions", "masked_lm_ids", "masked_lm_weights")
    return (
      dict.fromkeys(sequence, self.max_seq_length)
      | dict.fromkeys(masked, self.max_predictions_per_seq)
      | {"next_sentence_labels": 1}
    )


def features(lengths: dict[str, int]) -> dict[str, Any]:
  """The schema of the records. Source: run_pretraining.py."""
  return {
    name: tf.io.FixedLenFeature(
      [length], tf.float32 if name == "masked_lm_weights" else tf.int64
    )
    for name, length in lengths.items()
  }


def run(
  config: bert_config.BertConfig,
  settings: PretrainingSettings,
  optimizer: optimizers.OptimizerSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> dict[str, float | int]:
  """Trains, evaluates, or both.

  Returns:
    What eval_results.txt holds; empty without `do_eval`.

  Raises:
    FileNotFoundError: No record file, no checkpoint.
    ValueError: A setting, file or checkpoint does not fit; see the message.
    training.loop.NanLossError: The loss is no longer a number.
  """
  config.check_length(settings.max_seq_length)
  output_folder.check_is_no_file(settings.output_dir)
  strategy = device_strategy.create(devices)
  if settings.do_eval:
    training_loop.replica_batch_size(
      strategy, settings.eval_batch_size, flag="eval_batch_size"
    )
  files = record_files.find(settings.input_file)
  record_files.check_lengths(files, settings.lengths())
  with record_files.reading(files):
    input_pipeline.check_first_records(
      files, features(settings.lengths()), limits(config, settings)
    )
  logging.info("%d records in %d files", files.total, len(files.paths))
  objective = loss.PretrainingObjective()
  make_model = _model_maker(config, devices)
  if not settings.do_train:
    return _evaluate_checkpoint(
      strategy, make_model, objective, files, config, settings
    )
  trainer = training_loop.Trainer(
    strategy,
    make_model,
    objective,
    optimizer,
    loop_settings,
    devices,
    settings.output_dir,
  )
  batches = input_pipeline.BatchSettings(
    loop_settings.batch_size, loop_settings.seed
  )
  with record_files.reading(files):
    trainer.train(
      dataset_fn(files, config, settings, batches), settings.init_checkpoint
    )
  if not settings.do_eval:
    return {}
  step = int(trainer.optimizer.step.numpy())
  return _evaluate(
    strategy, trainer.model, objective, files, config, settings, step
  )


def _model_maker(
  config: bert_config.BertConfig, devices: device_strategy.DeviceSettings
) -> Callable[[], Any]:
  def make() -> pretrainer.BertPretrainer:
    return pretrainer.BertPretrainer(
      config,
      use_one_hot_embeddings=devices.kind == "tpu",
      dtype=dtype_policies.policy(devices.precision),
    )

  return make


def dataset_fn(
  files: record_files.RecordFiles,
  config: bert_config.BertConfig,
  settings: PretrainingSettings,
  batches: input_pipeline.BatchSettings,
) -> training_loop.DatasetFn:
  """The loop's source of batches."""
  return input_pipeline.dataset_fn(
    files, features(settings.lengths()), limits(config, settings), batches
  )


def limits(
  config: bert_config.BertConfig, settings: PretrainingSettings
) -> dict[str, int]:
  """By feature: numbers from this one up are an error."""
  return {
    "input_ids": config.vocab_size,
    "masked_lm_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
    "masked_lm_positions": settings.max_seq_length,
    "next_sentence_labels": 2,
  }


def _evaluate_checkpoint(
  strategy: Any,
  make_model: Callable[[], Any],
  objective: Any,
  files: record_files.RecordFiles,
  config: bert_config.BertConfig,
  settings: PretrainingSettings,
) -> dict[str, float | int]:
  """Evaluates the newest checkpoint of output_dir, or init_checkpoint."""
  trained = run_checkpoints.latest(settings.output_dir)
  path = trained or settings.init_checkpoint
  if not path:
    raise FileNotFoundError(
      f"nothing to evaluate: no checkpoint in output_dir "
      f"{settings.output_dir} and no init_checkpoint given"
    )
  with strategy.scope():
    model = make_model()
  reader = formats.reader(path, config)
  report = loader.load(model.variables, reader, require_all=bool(trained))
  for line in report.lines():
    logging.info("%s: %s", path, line)
  known = variable_names.GLOBAL_STEP in reader.shapes
  step = int(reader.read(variable_names.GLOBAL_STEP)) if known else 0
  return _evaluate(strategy, model, objective, files, config, settings, step)


def _evaluate(
  strategy: Any,
  model: Any,
  objective: Any,
  files: record_files.RecordFiles,
  config: bert_config.BertConfig,
  settings: PretrainingSettings,
  step: int,
) -> dict[str, float | int]:
  """Evaluates on records in order, from the first again after the last."""
  batches = input_pipeline.BatchSettings(settings.eval_batch_size)
  with record_files.reading(files):
    values = training_loop.evaluate(
      strategy,
      model,
      objective,
      dataset_fn(files, config, settings, batches),
      settings.max_eval_steps,
    )
  found: dict[str, float | int] = {"global_step": step, **values}
  if device_strategy.is_chief(strategy):
    eval_results.write(settings.output_dir, found)
    folder = os.path.join(settings.output_dir, "eval")
    writer = tf.summary.create_file_writer(folder)
    progress_log.write_scalars(writer, step, values)
  return found
