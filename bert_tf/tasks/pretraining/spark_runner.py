"""Makes the shards of a corpus on Apache Spark, each as a task of its own.

The executors need Python of the version here with numpy, numba, absl-py and
tqdm. bert_tf and the vocabulary are sent to them. Spark may run a task again,
or twice at once: a file takes its name when it is complete, and two of the same
shard are equal.
"""

import dataclasses
import os
import pickle
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any

from absl import logging

from bert_tf.checkpoints import stored_rules
from bert_tf.system import output_files, output_folders
from bert_tf.tasks.pretraining import (
  corpus_shards,
  made_shards,
  record_generator,
  sent_package,
)

_PYTHON = "PYSPARK_PYTHON"
_SETTING = "spark."


@dataclasses.dataclass(frozen=True)
class SparkSettings:
  """Where Spark runs, and how.

  Attributes:
    master: Spark's address of a cluster, "local-cluster[2,1,1024]" for a small
      one here; "" for what spark-submit or spark-defaults.conf says.
    options: properties as on a command line, "spark.executor.memory=4g ...".
  """

  master: str = ""
  options: str = ""

  def properties(self) -> dict[str, str]:
    """Returns the options by name.

    Raises:
      ValueError: one is no property of Spark.
    """
    try:
      parts = shlex.split(self.options)
    except ValueError as error:
      raise ValueError(f"--spark_options={self.options!r}: {error}") from None
    for part in parts:
      if not part.startswith(_SETTING) or "=" not in part:
        raise ValueError(
          f"--spark_options={self.options!r}: {part!r} is no property; "
          "expected spark.NAME=VALUE, with spaces between several"
        )
    return dict(part.split("=", 1) for part in parts)


def make(settings: SparkSettings, num_workers: int) -> record_generator.Runner:
  """Returns a way to make shards.

  Raises:
    ImportError: PySpark is not installed.
    ValueError: settings that do not go together.
  """
  properties = settings.properties()
  if num_workers > 1:
    raise ValueError(
      f"--num_workers={num_workers} is for the runners local and direct; for "
      "spark use --spark_options='spark.executor.instances=N'"
    )
  try:
    import pyspark
  except ImportError as error:
    raise ImportError(
      f"--runner=spark needs PySpark, which is not installed ({error}); "
      "pip install 'bert_tf[spark]', or use --runner=local"
    ) from None
  return lambda parts: _run(parts, pyspark, settings.master, properties)


def _run(
  parts: Sequence[corpus_shards.Shard],
  pyspark: Any,
  master: str,
  properties: dict[str, str],
) -> list[record_generator.Summary]:
  config = parts[0].config
  # The files that state them are not sent.
  rules = stored_rules.beside(config.vocab_file, config.do_lower_case)
  tasks = [pickle.dumps(dataclasses.replace(x, rules=rules)) for x in parts]
  context = _start(pyspark, master, properties)
  try:
    with output_folders.scratch() as folder:
      archive = os.path.join(folder, f"{sent_package.FOLDER}.zip")
      sent_package.pack(archive, config.vocab_file)
      context.addArchive(f"{archive}#{sent_package.FOLDER}")
      try:
        results = context.parallelize(tasks, len(tasks)).map(_task()).collect()
      except pyspark.errors.PySparkException as error:
        raise _failed(error) from error
      except Exception as error:  # py4j's, of what ended the job
        if type(error).__module__.partition(".")[0] != "py4j":
          raise
        raise _failed(error) from error
  finally:
    context.stop()
    for part in parts:  # of executors that were killed on this machine
      output_files.sweep(os.path.dirname(part.config.output_file[0]))
  made = [pickle.loads(result) for result in results]
  for result in made:
    if isinstance(result, Exception):
      raise result
  return made_shards.summaries(made)


def _start(pyspark: Any, master: str, properties: dict[str, str]) -> Any:
  """Starts Spark.

  Raises:
    ValueError: it cannot be started.
  """
  settings = pyspark.SparkConf().setAppName("bert_tf create_pretraining_data")
  for name, value in properties.items():
    settings.set(name, value)
  if master:
    settings.setMaster(master)
  if master.startswith("local"):
    os.environ.setdefault(_PYTHON, sys.executable)
  try:
    return pyspark.SparkContext(conf=settings)
  except Exception as error:  # of Spark, of Java, or of py4j
    raise ValueError(
      f"--runner=spark --spark_master={master}: Spark cannot be started: "
      f"{str(error).strip().splitlines()[0]}; it needs Java and a master, such "
      "as spark://HOST:7077, yarn or local-cluster[2,1,1024]"
    ) from error


def _task() -> Callable[[bytes], bytes]:
  """Returns what an executor runs.

  It is sent as code, since a function within a function has no name to import;
  bert_tf can be imported only once it runs.
  """
  folder_name = sent_package.FOLDER

  def run(task: bytes) -> bytes:
    import sys

    import pyspark

    folder = pyspark.SparkFiles.get(folder_name)
    if folder not in sys.path:
      sys.path.insert(0, folder)
    from bert_tf.tasks.pretraining import spark_runner

    return spark_runner.run_task(folder, task)

  return run


def run_task(folder: str, task: bytes) -> bytes:
  """Makes a shard on an executor.

  Args:
    folder: where the package is unpacked.
    task: the shard, pickled.

  Returns:
    What was made, or the error of settings and texts that would be the same
    again, pickled.

  Raises:
    OSError: files that cannot be read or written; Spark tries again.
  """
  shard = pickle.loads(task)
  path = sent_package.vocabulary(folder, shard.config.vocab_file)
  config = dataclasses.replace(shard.config, vocab_file=path)
  try:
    made = made_shards.make(dataclasses.replace(shard, config=config))
  except ValueError as error:
    return pickle.dumps(ValueError(str(error).replace(path, "vocab_file")))
  return pickle.dumps(made)


def _failed(error: Exception) -> OSError:
  """Returns what to say of a job that Spark has given up."""
  lines = [line.strip() for line in str(error).splitlines()]
  told = [line for line in lines if "Error: " in line or "Failure" in line]
  logging.debug("Spark: %s", error)
  return OSError(
    f"Spark gave up: {(told or lines or [type(error).__name__])[-1]}; "
    "the input and the output must be reachable from every executor"
  )
