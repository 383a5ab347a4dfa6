"""Records made on real engines, each with two processes, one of them killed."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import threading

import pytest
from absl import logging

from bert_tf.tasks.pretraining import (
  made_shards,
  record_generator,
  settings,
  shard_runners,
  spark_runner,
)
from tests import processes

pytestmark = pytest.mark.slow
SHARDS = 4


@pytest.fixture
def make_config(testdata, tmp_path):
  def make(folder, **changes):
    arguments = {
      "input_file": (str(testdata / "text" / "stories_*.txt"),),
      "output_file": (str(tmp_path / folder / "out"),),
      "vocab_file": str(testdata / "vocab.txt"),
      "dupe_factor": 200,  # a second or so for each shard
      "num_shards": SHARDS,
    }
    return settings.PretrainingDataConfig(**(arguments | changes))

  return make


@pytest.fixture
def expected(make_config, tmp_path):
  record_generator.create(make_config("here"))
  return files_in(tmp_path / "here")


@pytest.fixture
def logged(monkeypatch):
  lines = []
  monkeypatch.setattr(
    logging, "info", lambda text, *args: lines.append(text % args)
  )
  return lines


def files_in(folder):
  """All of them, so that nothing else may be left."""
  return {path.name: path.read_bytes() for path in folder.iterdir()}


def processes_named(logged):
  """Ids of the processes that made shards, as the log says."""
  (line,) = [text for text in logged if "shards were made by" in text]
  return set(map(int, re.findall(r":(\d+) \(\d+\)", line)))


def descendants(pid):
  """Ids and command lines of processes below this one."""
  for child in processes.children(pid):
    with contextlib.suppress(OSError):
      command = pathlib.Path(f"/proc/{child}/cmdline").read_bytes().decode()
      yield child, command.replace("\0", " ")
      yield from descendants(child)


@contextlib.contextmanager
def one_killed(folder, chosen):
  """Kills one of this process's descendants once two shards are being made.

  Args:
    folder: Of the output.
    chosen: Part of the command line of the process to kill.

  Yields:
    A list that gets the id.
  """
  killed, ended = [], threading.Event()

  def watch():
    while not ended.wait(0.02) and not killed:
      written = [p.name for p in folder.glob(".*") if ".tmp." in p.name]
      if len(written) >= 2:
        for pid, command in descendants(os.getpid()):
          if chosen in command:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
            break

  watcher = threading.Thread(target=watch)
  watcher.start()
  try:
    yield killed
  finally:
    ended.set()
    watcher.join()


@pytest.mark.skipif(not shutil.which("java"), reason="no Java here")
def test_spark(make_config, expected, tmp_path, logged, monkeypatch):
  pyspark = pytest.importorskip("pyspark")
  # Its workers write into Spark's folder.
  (tmp_path / "spark").mkdir()
  for path in pathlib.Path(pyspark.__file__).parent.iterdir():
    if path.name != "work":
      (tmp_path / "spark" / path.name).symlink_to(path)
  monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
  # What the executors import can only be what was sent to them.
  monkeypatch.delenv("PYTHONPATH", raising=False)
  monkeypatch.chdir(tmp_path)
  options = (
    "spark.ui.enabled=false spark.executor.memory=512m "
    f"spark.local.dir={tmp_path / 'local'}"
  )
  run = shard_runners.make(
    "spark", spark=spark_runner.SparkSettings("local-cluster[2,1,512]", options)
  )
  with one_killed(tmp_path / "out", "CoarseGrainedExecutorBackend") as killed:
    record_generator.create(make_config("out"), run=run)
  assert killed
  assert files_in(tmp_path / "out") == expected
  assert len(processes_named(logged)) >= 2
  assert os.getpid() not in processes_named(logged)


def test_beam_on_dask(make_config, expected, tmp_path, logged):
  distributed = pytest.importorskip("distributed")
  with distributed.LocalCluster(
    n_workers=2, threads_per_worker=1, dashboard_address=None
  ) as cluster:
    address = f"--dask_client_address={cluster.scheduler_address}"
    run = shard_runners.make("dask", 1, address)
    record_generator.create(make_config("both"), run=run)
    assert len(processes_named(logged)) == 2
    # What a killed worker has made is lost, and may all be made by the other.
    with one_killed(tmp_path / "out", "spawn_main") as killed:
      record_generator.create(make_config("out"), run=run)
  assert killed
  assert files_in(tmp_path / "both") == expected
  assert files_in(tmp_path / "out") == expected


def test_a_shard_made_twice_at_once_is_one_file(
  make_config, expected, tmp_path
):
  """As engines do that are tired of waiting for a slow one."""

  def twice(parts):
    made = []
    for part in parts:
      threads = [
        threading.Thread(target=lambda part=part: made_shards.make(part))
        for _ in range(2)
      ]
      for thread in threads:
        thread.start()
      for thread in threads:
        thread.join()
      made.append(made_shards.make(part))
    return made_shards.summaries(made)

  record_generator.create(make_config("out"), run=twice)
  assert files_in(tmp_path / "out") == expected
