"""Makes the shards of a corpus in a pipeline of Apache Beam."""

import shlex
from collections.abc import Sequence
from typing import Any

from bert_tf.system import files, output_files
from bert_tf.tasks.pretraining import (
  corpus_shards,
  made_shards,
  record_generator,
  runner_names,
)

_RUNNER = "--runner="
_DASK = "DaskRunner"
_DASK_PARTITIONS = ("--dask_npartitions", "--dask_partition_size")


def make(
  name: str, num_workers: int, beam_options: str
) -> record_generator.Runner:
  """Returns a way to make shards; arguments as of `arguments`.

  Raises:
    ImportError: Apache Beam is not installed.
    ValueError: settings that do not go together.
  """
  given = arguments(name, num_workers, beam_options)
  beam = _import_beam()
  return lambda parts: _run(parts, beam, spread(given, len(parts)))


def arguments(name: str, num_workers: int, beam_options: str) -> list[str]:
  """Returns what Beam's pipeline is told.

  Args:
    name: one of `runner_names.BEAM_RUNNERS`.
    num_workers: processes, for "direct".
    beam_options: options of Beam's pipelines, as on a command line.

  Raises:
    ValueError: settings that do not go together.
  """
  options = _split(beam_options)
  if name != "beam":
    options.insert(0, _RUNNER + runner_names.BEAM_RUNNERS[name])
  named = [option for option in options if option.startswith(_RUNNER)]
  if len(named) != 1:
    raise ValueError(
      f"--runner={name} --beam_options={beam_options!r} name {len(named)} "
      "runners of Apache Beam, expected one: --runner=beam "
      "--beam_options='--runner=SparkRunner ...', or another --runner"
    )
  if num_workers > 1:
    if name != "direct":
      raise ValueError(
        f"--num_workers={num_workers} is for the runners local and direct; "
        f"for {name} say it in --beam_options, in that system's own words"
      )
    options.append(f"--direct_num_workers={num_workers}")
    options.append("--direct_running_mode=multi_processing")
  return options


def spread(options: Sequence[str], count: int) -> list[str]:
  """Returns the options, with each shard a partition of its own on Dask.

  Otherwise Dask puts up to 128 shards into one partition: one process.
  """
  is_dask = any(
    option.startswith(_RUNNER) and option.endswith(_DASK) for option in options
  )
  if is_dask and not any(x.startswith(_DASK_PARTITIONS) for x in options):
    return [*options, f"{_DASK_PARTITIONS[0]}={count}"]
  return list(options)


def _split(beam_options: str) -> list[str]:
  try:
    return shlex.split(beam_options)
  except ValueError as error:
    raise ValueError(
      f"--beam_options={beam_options!r}: {error}; expected options as on a "
      "command line"
    ) from None


def _import_beam() -> Any:
  try:
    import apache_beam
  except ImportError as error:
    raise ImportError(
      "this --runner needs Apache Beam, which is not installed "
      f"({error}); pip install 'apache-beam==2.77.*', or use --runner=local"
    ) from None
  return apache_beam


def _run(
  parts: Sequence[corpus_shards.Shard], beam: Any, options: Sequence[str]
) -> list[record_generator.Summary]:
  """Makes shards in a pipeline of Apache Beam."""
  parsed = beam.options.pipeline_options.PipelineOptions(list(options))
  pipeline = beam.Pipeline(options=parsed)
  try:
    with pipeline:
      # Shuffled, so that the shards are spread over all workers.
      _ = (
        pipeline
        | "Shards" >> beam.Create(list(parts))
        | "Spread" >> beam.Reshuffle()
        | "Make" >> beam.Map(_make_and_report)
      )
    return made_shards.summaries(map(_read_report, parts))
  finally:
    _close_dask(pipeline)
    for part in parts:
      if files.exists(_report_name(part)):
        files.remove(_report_name(part))


def _close_dask(pipeline: Any) -> None:
  """Ends the cluster that Dask's runner starts and leaves to itself."""
  result = getattr(pipeline, "result", None)
  if client := getattr(result, "client", None):
    client.close()


def _report_name(part: corpus_shards.Shard) -> str:
  return f"{part.config.output_file[0]}.json"


def _make_and_report(part: corpus_shards.Shard) -> None:
  """Makes a shard; its summary goes into a file, since Beam returns nothing."""
  report = made_shards.make(part).to_json()
  output_files.write_atomically(_report_name(part), report.encode())


def _read_report(part: corpus_shards.Shard) -> made_shards.MadeShard:
  with files.open_file(_report_name(part)) as reader:
    return made_shards.MadeShard.from_json(reader.read())
