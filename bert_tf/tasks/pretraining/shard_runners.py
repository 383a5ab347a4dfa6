"""Ways to make the shards of a corpus: in processes here, or on Apache Beam."""

import concurrent.futures
import dataclasses
import json
import multiprocessing
import os
import shlex
import sys
import threading
from collections.abc import Sequence
from typing import Any

from absl import logging

from bert_tf.system import files, output_files, stop_signals
from bert_tf.tasks.pretraining import (
  corpus_shards,
  record_generator,
  runner_names,
)

BEAM_RUNNERS = runner_names.BEAM_RUNNERS
LOCAL = runner_names.LOCAL
NAMES = runner_names.NAMES


def make(
  name: str, num_workers: int = 1, beam_options: str = ""
) -> record_generator.Runner | None:
  """Returns a way to make shards; None for one after the other, here.

  Args:
    name: one of `NAMES`.
    num_workers: processes, for "local" and "direct".
    beam_options: options of Beam's pipelines, as on a command line.

  Raises:
    ImportError: Apache Beam is wanted and not installed.
    ValueError: settings that do not go together.
  """
  arguments = beam_arguments(name, num_workers, beam_options)
  if arguments:
    beam = _import_beam()
    return lambda parts: _on_beam(parts, beam, arguments)
  if num_workers == 1:
    return None
  return lambda parts: _in_processes(parts, num_workers)


def beam_arguments(name: str, num_workers: int, beam_options: str) -> list[str]:
  """Returns what Beam's pipeline is told; nothing for "local"."""
  try:
    options = shlex.split(beam_options)
  except ValueError as error:
    raise ValueError(
      f"--beam_options={beam_options!r}: {error}; expected options as on a "
      "command line"
    ) from None
  if num_workers < 1:
    raise ValueError(f"--num_workers={num_workers}, expected at least 1")
  if name == LOCAL:
    if options:
      raise ValueError(
        f"--beam_options={beam_options!r} need a runner of Apache "
        f"Beam, found --runner={name}; expected {', '.join(BEAM_RUNNERS)}"
      )
    return []
  arguments = [f"--runner={BEAM_RUNNERS[name]}", *options]
  if num_workers > 1:
    if name != "direct":
      raise ValueError(
        f"--num_workers={num_workers} is for the runners local and direct; "
        f"for {name} say it in --beam_options, in that system's own words"
      )
    arguments.append(f"--direct_num_workers={num_workers}")
    arguments.append("--direct_running_mode=multi_processing")
  return arguments


def _in_processes(
  parts: Sequence[corpus_shards.Shard], num_workers: int
) -> list[record_generator.Summary]:
  """Makes shards in processes of this machine."""
  with concurrent.futures.ProcessPoolExecutor(
    min(num_workers, len(parts)),
    multiprocessing.get_context("fork" if _may_fork() else "spawn"),
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


def _may_fork() -> bool:
  """Whether processes can start as copies of this one, with all it has loaded.

  A second to start is saved. Threads are not copied, and what they hold stays
  locked in a copy.
  """
  return (
    sys.platform == "linux"
    and threading.active_count() == 1
    and "tensorflow" not in sys.modules
  )


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


def _import_beam() -> Any:
  try:
    import apache_beam
  except ImportError as error:
    raise ImportError(
      "this --runner needs Apache Beam, which is not installed "
      f"({error}); pip install 'apache-beam==2.77.*', or use --runner=local"
    ) from None
  return apache_beam


def _on_beam(
  parts: Sequence[corpus_shards.Shard], beam: Any, arguments: Sequence[str]
) -> list[record_generator.Summary]:
  """Makes shards in a pipeline of Apache Beam."""
  options = beam.options.pipeline_options.PipelineOptions(list(arguments))
  try:
    with beam.Pipeline(options=options) as pipeline:
      # Shuffled, so that the shards are spread over all workers.
      _ = (
        pipeline
        | "Shards" >> beam.Create(list(parts))
        | "Spread" >> beam.Reshuffle()
        | "Make" >> beam.Map(_make_and_report)
      )
    return [_read_report(part) for part in parts]
  finally:
    for part in parts:
      if files.exists(_report_name(part)):
        files.remove(_report_name(part))


def _report_name(part: corpus_shards.Shard) -> str:
  return f"{part.config.output_file[0]}.json"


def _make_and_report(part: corpus_shards.Shard) -> None:
  """Makes a shard; its summary goes into a file, since Beam returns nothing."""
  summary = record_generator.create_shard(part)
  report = json.dumps(dataclasses.asdict(summary))
  output_files.write_atomically(_report_name(part), report.encode())


def _read_report(part: corpus_shards.Shard) -> record_generator.Summary:
  with files.open_file(_report_name(part)) as reader:
    report = json.loads(reader.read())
  report["files"] = tuple(tuple(file) for file in report["files"])
  return record_generator.Summary(**report)
