"""Runs pre-training on the goldens, for several tests; also as a program.

As a program: `python training.py DEVICES SETTINGS` with DEVICES logical CPU
devices and SETTINGS a JSON object of `pretrain`'s arguments, `output_dir`
among them. A process of its own is needed where devices or workers are set.
"""

import dataclasses
import json
import os
import pathlib
import sys

import tensorflow as tf
from absl import logging

import bert_tf
from bert_tf.checkpoints import checkpoint_reader
from bert_tf.tasks.pretraining import run, settings
from bert_tf.training import device_strategy, optimizers, training_loop
from tests import processes

ROOT = pathlib.Path(__file__).resolve().parents[3]
TESTDATA = ROOT / "tests" / "testdata"
EVAL = TESTDATA / "pretraining_eval"


def pretrain(
  output_dir,
  *,
  input_file=EVAL / "data.tfrecord",
  config=TESTDATA / "tiny" / "bert_config.json",
  layers=None,
  dropout=True,
  changes=None,
  init_checkpoint=TESTDATA / "tiny" / "bert_model.ckpt",
  do_eval=False,
  max_eval_steps=20,
  steps=12,
  warmup=4,
  rate=5e-4,
  optimizer_name="adamw",
  devices=None,
  **loop_settings,
):
  """Trains the tiny model; returns the evaluation, if any.

  Its three layers take seconds to compile; `layers` cuts them down.
  """
  config = bert_tf.BertConfig.from_json_file(config)
  if layers is not None:
    config = dataclasses.replace(config, num_hidden_layers=layers)
  if not dropout:
    config = config.without_dropout()
  told = dict(
    input_file=str(input_file),
    output_dir=str(output_dir),
    max_seq_length=48,
    max_predictions_per_seq=6,
    init_checkpoint=init_checkpoint and str(init_checkpoint),
    do_train=True,
    do_eval=do_eval,
    max_eval_steps=max_eval_steps,
  )
  return run.run(
    config,
    settings.PretrainingSettings(**(told | (changes or {}))),
    optimizers.OptimizerSettings(optimizer_name, rate, steps, warmup),
    training_loop.LoopSettings(
      **({"batch_size": 8, "log_steps": 4} | loop_settings)
    ),
    device_strategy.DeviceSettings(**(devices or {})),
  )


def pretrain_in_process(output_dir, logical_devices=1, env=None, **arguments):
  """Starts `pretrain` in a process of its own."""
  arguments = {"output_dir": str(output_dir)} | arguments
  return processes.start(__file__, arguments, logical_devices, env=env)


def read(output_dir, step):
  """All tensors of a checkpoint by name."""
  reader = checkpoint_reader.Reader(
    os.path.join(output_dir, f"model.ckpt-{step}")
  )
  return {name: reader.read(name) for name in reader.shapes}


if __name__ == "__main__":
  logging.set_verbosity(logging.INFO)
  logging.use_absl_handler()
  count = int(sys.argv[1])
  if count > 1:
    tf.config.set_logical_device_configuration(
      tf.config.list_physical_devices("CPU")[0],
      [tf.config.LogicalDeviceConfiguration()] * count,
    )
  pretrain(**json.loads(sys.argv[2]))
