"""Runs classification on the goldens, for several tests; also as a program.

As a program: `python classifying.py SETTINGS` with SETTINGS a JSON object of
`classify`'s arguments, `output_dir` among them.
"""

import dataclasses
import json
import pathlib
import shutil
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl import logging

import bert_tf
from bert_tf.checkpoints import checkpoint_reader
from bert_tf.models import classifier
from bert_tf.tasks.classification import known_tasks, run, settings
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  training_loop,
)
from tests import processes

ROOT = pathlib.Path(__file__).resolve().parents[3]
TESTDATA = ROOT / "tests" / "testdata"
GOLDENS = TESTDATA / "classifier"
LENGTH = 48
TUNING = {
  field.name
  for field in dataclasses.fields(fine_tuning_settings.FineTuningSettings)
}
LOOP = {field.name for field in dataclasses.fields(training_loop.LoopSettings)}


def classify(output_dir, task="mrpc", data_dir=None, layers=3, **changes):
  """Runs a task on the tiny model; returns the scores.

  Its three layers take seconds to compile; `layers` cuts them down.
  `changes` go to the settings of the task, the tuning, the loop or, `pack` and
  `strategy`, of the devices.
  """
  name = task if isinstance(task, str) else "mrpc"
  told = {
    "data_dir": str(data_dir or GOLDENS / name / "data"),
    "vocab_file": str(TESTDATA / "vocab.txt"),
    "max_seq_length": LENGTH,
  }
  tuning = {
    "output_dir": str(output_dir),
    "init_checkpoint": str(TESTDATA / "tiny" / "bert_model.ckpt"),
    "num_train_epochs": 1.0,
  }
  training = {"batch_size": 8, "log_steps": 5}
  devices = device_strategy.DeviceSettings(
    changes.pop("strategy", "auto"), pack=changes.pop("pack", None)
  )
  has_dropout = changes.pop("has_dropout", True)
  distribute(changes, told, tuning, training)
  config = bert_tf.BertConfig.from_json_file(
    TESTDATA / "tiny" / "bert_config.json"
  )
  config = config if has_dropout else config.without_dropout()
  of_head = classifier._DROPOUT if has_dropout else 0.0
  with mock.patch.object(classifier, "_DROPOUT", of_head):
    return run.run(
      dataclasses.replace(config, num_hidden_layers=layers),
      known_tasks.find(task) if isinstance(task, str) else task,
      settings.ClassificationSettings(**told),
      fine_tuning_settings.FineTuningSettings(**tuning),
      training_loop.LoopSettings(**training),
      devices,
    )


def distribute(changes, told, tuning, training):
  """Puts settings where they belong: to the task, the tuning or the loop."""
  for key, value in changes.items():
    where = tuning if key in TUNING else training if key in LOOP else told
    where[key] = value


def classify_in_process(output_dir, **changes):
  """Starts `classify` in a process of its own."""
  return processes.start(__file__, {"output_dir": str(output_dir)} | changes)


def put_golden_checkpoint(task, output_dir):
  """Copies the original's checkpoint of a task to an output folder."""
  output_dir.mkdir(exist_ok=True)
  for path in (GOLDENS / task).glob("model.ckpt-40.*"):
    shutil.copyfile(path, output_dir / path.name)
  list_checkpoint(output_dir, 40)


def list_checkpoint(output_dir, step):
  """Makes a checkpoint the newest."""
  (output_dir / "checkpoint").write_text(
    f'model_checkpoint_path: "model.ckpt-{step}"\n'
    f'all_model_checkpoint_paths: "model.ckpt-{step}"\n'
  )


def records(path):
  """The features of each record of a file, gzipped or not: lists by name."""
  kind = "GZIP" if str(path).endswith(".gz") else ""
  found = []
  for data in tf.data.TFRecordDataset(str(path), kind).as_numpy_iterator():
    features = tf.train.Example.FromString(data).features.feature
    found.append(
      {
        name: (
          feature.WhichOneof("kind"),
          list(feature.int64_list.value or feature.float_list.value),
        )
        for name, feature in features.items()
      }
    )
  return found


def numbers(path):
  """The numbers of a tab-separated file."""
  return [
    [float(cell) for cell in line.split("\t")]
    for line in path.read_text().splitlines()
  ]


def scores(path):
  """The values of eval_results.txt by name."""
  lines = [line.split(" = ") for line in path.read_text().splitlines()]
  return {name: float(value) for name, value in lines}


def state(folder, step):
  """All tensors of a checkpoint by name."""
  reader = checkpoint_reader.Reader(folder / f"model.ckpt-{step}")
  return {name: reader.read(name) for name in reader.shapes}


def assert_same(first, second):
  """Asserts that two states are equal bit by bit."""
  assert first.keys() == second.keys()
  for name, value in first.items():
    np.testing.assert_array_equal(value, second[name], name)


def bytes_of(folder):
  """All files below a folder, to see whether anything changed."""
  return {
    path: path.read_bytes() for path in folder.rglob("*") if path.is_file()
  }


if __name__ == "__main__":
  logging.set_verbosity(logging.INFO)
  logging.use_absl_handler()
  told = json.loads(sys.argv[1])
  if count := told.pop("logical_devices", None):
    tf.config.set_logical_device_configuration(
      tf.config.list_physical_devices("CPU")[0],
      [tf.config.LogicalDeviceConfiguration()] * count,
    )
  classify(**told)
