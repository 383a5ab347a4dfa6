"""Iterating over the batches of a run."""

import pathlib

import numpy as np
import tensorflow as tf

from bert_tf.inputs import input_pipeline, record_files
from bert_tf.records import example_encoder, record_writer
from bert_tf.training import batch_iterator
from tests import processes

SCHEMA = {"a": tf.io.FixedLenFeature([2], tf.int64)}


def dataset_fn(folder):
  path = str(folder / "x.tf_record")
  with record_writer.RecordWriter(path) as writer:
    for number in range(40):
      writer.write(example_encoder.encode_example({"a": [number, 1]}))
  settings = input_pipeline.BatchSettings(4, seed=1)
  return input_pipeline.dataset_fn(
    record_files.find(path), SCHEMA, {"a": 99}, settings
  )


def threads():
  return len(list(pathlib.Path("/proc/self/task").iterdir()))


def started_by(make):
  """The threads that an iterator starts, and the iterator."""
  before = threads()
  iterator = make()
  next(iterator)
  next(iterator)
  return threads() - before, iterator


def test_no_thread_tunes_the_batches_of_one_device(tmp_path):
  """It would sleep for up to a minute after the last step."""
  make = dataset_fn(tmp_path)
  strategy = tf.distribute.OneDeviceStrategy("CPU:0")
  context = tf.distribute.InputContext()
  kept = [started_by(lambda: iter(make(context, 0)))]  # Pools are made once.
  tuned = tf.data.Options()
  tuned.autotune.enabled = True
  for make_iterator in (
    lambda: batch_iterator.iterate(strategy, make, 0),
    lambda: iter(make(context, 0).with_options(tuned)),
  ):
    kept.append(started_by(make_iterator))
  (_, _), (ours, _), (with_tuning, _) = kept
  assert with_tuning == ours + 1


def test_the_batches_are_those_of_tf_distribute(tmp_path):
  make = dataset_fn(tmp_path)
  strategy = tf.distribute.OneDeviceStrategy("CPU:0")
  theirs = iter(
    strategy.distribute_datasets_from_function(lambda c: make(c, 3))
  )
  ours = batch_iterator.iterate(strategy, make, 3)
  for _ in range(12):
    batch = batch_iterator.take(strategy, ours)
    np.testing.assert_array_equal(batch["a"], next(theirs)["a"])


def on_two_devices(folder):
  """Two devices: the batches of `tf.distribute`, without its threads."""
  cpu = tf.config.list_physical_devices("CPU")[0]
  tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
  )
  strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
  make = dataset_fn(pathlib.Path(folder))
  pools = iter(make(tf.distribute.InputContext(), 0))  # They are made once.
  next(pools)
  context = tf.distribute.InputContext(1, 0, 2)
  alone, kept = started_by(lambda: iter(make(context, 3)))
  started, ours = started_by(lambda: batch_iterator.iterate(strategy, make, 3))
  assert started == alone
  before = threads()
  theirs = iter(
    strategy.distribute_datasets_from_function(lambda c: make(c, 4))
  )

  @tf.function
  def step(batches):
    batch = batch_iterator.take(strategy, batches)
    return strategy.run(lambda x: x["a"] + 0, args=(batch,))

  for _ in range(12):
    found = strategy.experimental_local_results(step(ours))
    wanted = strategy.experimental_local_results(next(theirs)["a"])
    assert len(found) == 2
    for x, y in zip(found, wanted, strict=True):
      np.testing.assert_array_equal(x, y)
  assert threads() > before  # those of tf.distribute are seen
  del kept


def test_two_devices(tmp_path):
  processes.finish(processes.start(__file__, {"folder": str(tmp_path)}))


if __name__ == "__main__":
  import json
  import sys

  on_two_devices(**json.loads(sys.argv[1]))
