"""Pre-training and its evaluation, from record files to a checkpoint."""

import functools
import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  formats,
  loader,
  run_folder,
  run_metadata,
  variable_names,
)
from bert_tf.inputs import input_pipeline, record_files
from bert_tf.models import pretrainer
from bert_tf.system import files
from bert_tf.tasks.pretraining import loss, reader, settings
from bert_tf.training import (
  device_strategy,
  dtype_policies,
  eval_results,
  optimizers,
  progress_log,
  record_evaluation,
  run_checkpoints,
  run_lock,
  run_settings,
  training_loop,
  whole_checkpoints,
)


def run(
  config: bert_config.BertConfig,
  options: settings.PretrainingSettings,
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
    training_loop.NanLossError: The loss is no longer a number.
  """
  config.check_length(options.max_seq_length)
  devices.check_length(options.max_seq_length)
  files.check_folder(options.output_dir, "output_dir")
  if options.do_train:
    run_lock.check(options.output_dir)  # before the chief may hold it
  strategy = device_strategy.create(devices)
  if options.do_eval:
    device_strategy.replica_batch_size(
      strategy, options.eval_batch_size, flag="eval_batch_size"
    )
  found = reader.find(config, options)
  logging.info("%d records in %d files", found.total, len(found.paths))
  objective = loss.PretrainingObjective()
  make_model = functools.partial(
    pretrainer.BertPretrainer,
    config,
    use_one_hot_embeddings=devices.kind == "tpu",
    dtype=dtype_policies.policy(devices.precision),
  )
  if not options.do_train:
    return _evaluate_checkpoint(
      strategy, make_model, objective, found, config, options
    )
  resumed = whole_checkpoints.newest(
    options.output_dir, loop_settings.require_latest
  ).prefix
  if options.init_checkpoint and not resumed:
    loader.check_encoder(
      options.init_checkpoint,
      config,
      require_all=False,
      allow_new_layers=options.allow_new_layers,
    )
  run_of = _metadata(found, config, options, optimizer, loop_settings, devices)
  run_metadata.check(options.output_dir, run_of, resumed is not None)
  trainer = training_loop.Trainer(
    strategy,
    make_model,
    objective,
    optimizer,
    loop_settings,
    devices,
    options.output_dir,
  )
  trainer.checkpoints.check()
  batches = input_pipeline.BatchSettings(
    loop_settings.batch_size,
    loop_settings.seed,
    change=reader.masking(config, options, loop_settings.seed),
  )
  # All checks have passed; from here on files are written.
  is_chief = device_strategy.is_chief(strategy)
  with run_lock.holding(options.output_dir, is_chief):
    if is_chief:
      run_folder.claim(options.output_dir, run_of, resumed is not None, config)
    with record_files.reading(found):
      trainer.train(
        reader.dataset_fn(found, config, options, batches),
        options.init_checkpoint,
        options.allow_new_layers,
        padding=reader.padding_share(found, options),
      )
    if not options.do_eval:
      return {}
    step = int(trainer.optimizer.step.numpy())
    return _evaluate(
      strategy, trainer.model, objective, found, config, options, step
    )


def _metadata(
  found: record_files.RecordFiles,
  config: bert_config.BertConfig,
  options: settings.PretrainingSettings,
  optimizer: optimizers.OptimizerSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> run_metadata.RunMetadata:
  """What the output folder records of a training."""
  others = {
    "optimizer": optimizer.name,
    "learning_rate": optimizer.learning_rate,
    "num_train_steps": optimizer.num_train_steps,
    "num_warmup_steps": optimizer.num_warmup_steps,
    "max_seq_length": options.max_seq_length,
    "max_predictions_per_seq": options.max_predictions_per_seq,
    "init_checkpoint": options.init_checkpoint,
    "input_file": options.input_file,
    "dynamic_masking": options.dynamic_masking,
  }
  if options.dynamic_masking and options.vocab_file:
    others |= {
      name: getattr(options, name)
      for name in ("masked_lm_prob", "do_whole_word_mask")
    } | run_metadata.vocabulary_of(options.vocab_file)
  return run_metadata.RunMetadata(
    "pretraining",
    settings=run_settings.of_training(
      config, loop_settings, devices, others, found.paths
    ),
  )


def _evaluate_checkpoint(
  strategy: Any,
  make_model: Callable[[], Any],
  objective: Any,
  found: record_files.RecordFiles,
  config: bert_config.BertConfig,
  options: settings.PretrainingSettings,
) -> dict[str, float | int]:
  """Evaluates the newest checkpoint of output_dir, or init_checkpoint."""
  path = run_checkpoints.latest(options.output_dir) or options.init_checkpoint
  if not path:
    raise FileNotFoundError(
      f"nothing to evaluate: no checkpoint in output_dir "
      f"{options.output_dir} and no init_checkpoint given"
    )
  with strategy.scope():
    model = make_model()
  checkpoint = formats.reader(path, config)
  report = loader.load(model.variables, checkpoint, require_all=True)
  for line in report.lines():
    logging.info("%s: %s", path, line)
  known = variable_names.GLOBAL_STEP in checkpoint.shapes
  step = int(checkpoint.read(variable_names.GLOBAL_STEP)) if known else 0
  return _evaluate(strategy, model, objective, found, config, options, step)


def _evaluate(
  strategy: Any,
  model: Any,
  objective: Any,
  found: record_files.RecordFiles,
  config: bert_config.BertConfig,
  options: settings.PretrainingSettings,
  step: int,
) -> dict[str, float | int]:
  """Evaluates on records in order, from the first again after the last."""
  batches = input_pipeline.BatchSettings(options.eval_batch_size)
  with record_files.reading(found):
    values = record_evaluation.evaluate(
      strategy,
      model,
      objective,
      reader.dataset_fn(found, config, options, batches),
      options.max_eval_steps,
    )
  results: dict[str, float | int] = {"global_step": step, **values}
  if device_strategy.is_chief(strategy):
    eval_results.write(options.output_dir, results)
    folder = os.path.join(options.output_dir, "eval")
    writer = tf.summary.create_file_writer(folder)
    progress_log.write_scalars(writer, step, values)
  return results
