"""Ways to make the shards of a corpus: here, on Spark, or on Apache Beam."""

import concurrent.futures
import multiprocessing
import os
import threading
from collections.abc import Sequence

from absl import logging

from bert_tf.system import stop_signals
from bert_tf.tasks.pretraining import (
  beam_runner,
  corpus_shards,
  record_generator,
  runner_names,
  spark_runner,
)


def make(
  name: str,
  num_workers: int = 1,
  beam_options: str = "",
  spark: spark_runner.SparkSettings | None = None,
) -> record_generator.Runner | None:
  """Returns a way to make shards; None for one after the other, here.

  Args:
    name: one of `runner_names.NAMES`.
    num_workers: processes, for "local" and "direct".
    beam_options: options of Beam's pipelines, as on a command line.
    spark: settings of Spark.

  Raises:
    ImportError: Apache Beam or PySpark is wanted and not installed.
    ValueError: settings that do not go together.
  """
  spark = spark or spark_runner.SparkSettings()
  if num_workers < 1:
    raise ValueError(f"--num_workers={num_workers}, expected at least 1")
  if beam_options and name not in runner_names.BEAM_RUNNERS:
    raise ValueError(
      f"--beam_options={beam_options!r} need a runner of Apache "
      f"Beam, found --runner={name}; expected "
      f"{', '.join(runner_names.BEAM_RUNNERS)}"
    )
  if spark != spark_runner.SparkSettings() and name != runner_names.SPARK:
    raise ValueError(
      "--spark_master and --spark_options need --runner=spark, found "
      f"--runner={name}; for Beam's SparkRunner use --runner=beam "
      "--beam_options='--runner=SparkRunner ...'"
    )
  if name in runner_names.BEAM_RUNNERS:
    return beam_runner.make(name, num_workers, beam_options)
  if name == runner_names.SPARK:
    return spark_runner.make(spark, num_workers)
  if num_workers == 1:
    return None
  return lambda parts: _in_processes(parts, num_workers)


def _in_processes(
  parts: Sequence[corpus_shards.Shard], num_workers: int
) -> list[record_generator.Summary]:
  """Makes shards in processes of this machine."""
  with concurrent.futures.ProcessPoolExecutor(
    min(num_workers, len(parts)),
    multiprocessing.get_context("spawn"),
    _start_worker,
    (logging.get_verbosity(),),
  ) as pool:
    futures = [
      pool.submit(record_generator.create_shard, part) for part in parts
    ]
    try:
      return [future.result() for future in futures]
    except BaseException:
      for child in multiprocessing.active_children():
        child.terminate()  # which removes what it was writing
      pool.shutdown(cancel_futures=True)
      raise


def _start_worker(verbosity: int) -> None:
  """Sets the log up, and ends this process when its parent has ended."""
  logging.set_verbosity(verbosity)
  stop_signals.install()
  parent = multiprocessing.parent_process()
  assert parent is not None

  def end_with_parent() -> None:
    parent.join()
    os._exit(1)

  threading.Thread(target=end_with_parent, daemon=True).start()
