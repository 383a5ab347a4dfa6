"""Batches from record files, as a function of (seed, step, replica).

Records stream file by file through a shuffle buffer; both orders depend on
the seed and the epoch alone (and on TensorFlow's own global seed, which the
training sets to the same). So any step of a run can be returned to, and a
batch does not depend on how many replicas or workers share it.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from bert_tf.inputs import record_files

SHUFFLE_BUFFER = 10_000
_OPEN_FILES = 8
_PARALLEL_BATCHES = 2  # parsed at once, and ready for the step
_CHECKED = 1000  # records of each file
_SAMPLED_FILES = 10  # for the share of padding

# Changes a parsed batch, given how many records the run has read before each.
Change = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class BatchSettings:
  """How batches are cut.

  Attributes:
    batch_size: Examples of a batch over all replicas.
    seed: Of the order; None keeps the order of the files.
    drop_remainder: Whether a last, smaller batch is left out.
    repeat: Whether the records come again and again.
    change: What is done to batches once they are parsed; None for nothing.
  """

  batch_size: int
  seed: int | None = None
  drop_remainder: bool = True
  repeat: bool = True
  change: Change | None = None


def replica_batches(
  files: record_files.RecordFiles,
  features: Mapping[str, Any],
  limits: Mapping[str, int],
  settings: BatchSettings,
  first_step: int = 0,
  replicas: int = 1,
  workers: int = 1,
  worker: int = 0,
) -> Any:
  """The batches of one worker's replicas, one after the other.

  Args:
    files: Where the records are.
    features: Their schema, for `tf.io.parse_example`.
    limits: By feature: ids from this number up are an error.
    settings: How batches are cut.
    first_step: Batches to leave out at the start, as if already seen.
    replicas: Replicas over all workers.
    workers: Number of workers.
    worker: Which of them this is.

  Returns:
    A dataset of dicts of tensors [B/replicas, ...]; integers are int32.
  """
  before = first_step * settings.batch_size
  records = ordered_records(files, settings, before)
  records = records.enumerate(before)
  rows = records.batch(settings.batch_size, settings.drop_remainder)
  if replicas > 1:
    rows = rows.flat_map(
      lambda *row: tf.data.Dataset.from_tensor_slices(
        tuple(tf.reshape(x, [replicas, -1]) for x in row)
      )
    )
    rows = rows.batch(replicas // workers).shard(workers, worker).unbatch()
  size = settings.batch_size // replicas if settings.drop_remainder else None

  def parse(numbers: Any, row: Any) -> dict[str, Any]:
    batch = _parse(tf.ensure_shape(row, [size]), features, limits)
    numbers = tf.ensure_shape(numbers, [size])
    return settings.change(batch, numbers) if settings.change else batch

  parsed = rows.map(parse, num_parallel_calls=_PARALLEL_BATCHES)
  return parsed.prefetch(_PARALLEL_BATCHES).with_options(_options())


def _options() -> Any:
  """Nothing is tuned: the thread that would tune delays the end of a run."""
  options = tf.data.Options()
  options.autotune.enabled = False
  return options


def dataset_fn(
  files: record_files.RecordFiles,
  features: Mapping[str, Any],
  limits: Mapping[str, int],
  settings: BatchSettings,
) -> Callable[[Any, int], Any]:
  """The batches of one worker, from its input context and a first step.

  It is what `tf.distribute` and the training loop ask for; arguments as of
  `replica_batches`.
  """

  def make(context: Any, first_step: int) -> Any:
    return replica_batches(
      files,
      features,
      limits,
      settings,
      first_step,
      context.num_replicas_in_sync,
      context.num_input_pipelines,
      context.input_pipeline_id,
    )

  return make


def check_first_records(
  files: record_files.RecordFiles,
  features: Mapping[str, Any],
  limits: Mapping[str, int],
) -> None:
  """Parses and checks the first records of each file before training starts.

  Later ones are checked as they come. Call it under `record_files.reading`.
  """
  for path in files.paths:
    rows = tf.data.TFRecordDataset(path).take(_CHECKED).batch(_CHECKED)
    for _ in rows.map(lambda row: _parse(row, features, limits)):
      pass


def ordered_records(
  files: record_files.RecordFiles, settings: BatchSettings, skip: int
) -> Any:
  """Serialized records in the order of the run, without the first `skip`."""
  if not settings.repeat:
    return _epoch(files, settings, tf.constant(0, tf.int64)).skip(skip)
  first_epoch, within = divmod(skip, files.total)
  epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)

  def epoch(number: Any) -> Any:
    seen = tf.where(number == first_epoch, tf.constant(within, tf.int64), 0)
    return _epoch(files, settings, number).skip(seen)

  return epochs.flat_map(epoch)


def _epoch(
  files: record_files.RecordFiles, settings: BatchSettings, number: Any
) -> Any:
  """All records once, in the order of epoch `number`."""
  paths = tf.constant(files.paths)
  if settings.seed is None:
    return tf.data.TFRecordDataset(paths)
  seed = tf.stack([tf.constant(settings.seed, tf.int64), number])
  order = tf.argsort(tf.random.stateless_uniform([len(files.paths)], seed))
  records = tf.data.Dataset.from_tensor_slices(tf.gather(paths, order))
  records = records.interleave(
    tf.data.TFRecordDataset,
    cycle_length=min(_OPEN_FILES, len(files.paths)),
    num_parallel_calls=min(_OPEN_FILES, len(files.paths)),
    deterministic=True,
  )
  shuffle_seed = tf.random.stateless_uniform(
    [], seed, minval=0, maxval=2**31 - 1, dtype=tf.int64
  )
  return records.shuffle(
    min(SHUFFLE_BUFFER, files.total),
    seed=shuffle_seed,
    reshuffle_each_iteration=False,
  )


def padding_share(
  files: record_files.RecordFiles, features: Mapping[str, Any]
) -> float:
  """The share of padding among the positions, 0 to 1.

  It is that of the first records of some files, spread over all, so that it is
  the same whenever the same files are asked for. Call it under
  `record_files.reading`.

  Args:
    files: Where the records are.
    features: Their schema, with "input_mask".
  """
  sampled = files.paths[:: -(-len(files.paths) // _SAMPLED_FILES)]
  mask = {"input_mask": features["input_mask"]}
  real = positions = 0
  for path in sampled:
    rows = tf.data.TFRecordDataset(path).take(_CHECKED).batch(_CHECKED)
    for row in rows:
      found = tf.io.parse_example(row, mask)["input_mask"].numpy()
      real += int(found.sum())
      positions += found.size
  return 1 - real / max(positions, 1)


def _parse(
  rows: Any, features: Mapping[str, Any], limits: Mapping[str, int]
) -> dict[str, Any]:
  parsed = tf.io.parse_example(rows, dict(features))
  checks = []
  for name, limit in limits.items():
    ids = parsed[name]
    checks.append(
      tf.debugging.Assert(
        tf.reduce_all((ids >= 0) & (ids < limit)),
        [
          f"{name} of a record lies outside 0 to {limit - 1}: do the records "
          "and bert_config.json belong to the same vocabulary? Found",
          tf.reduce_max(ids),
        ],
      )
    )
  with tf.control_dependencies(checks):
    return {
      name: tf.cast(x, tf.int32) if x.dtype == tf.int64 else tf.identity(x)
      for name, x in parsed.items()
    }
