import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from bert_tf.tasks.pretraining import (
  beam_runner,
  record_generator,
  settings,
  shard_runners,
  spark_runner,
)
from tests import processes
from tests.commands import running
from tests.conftest import ROOT

NAME = "create_pretraining_data"
SPARK = spark_runner.SparkSettings("spark://host:7077")
NO_PROPERTY = spark_runner.SparkSettings(options="spark.a=1 memory=4g")


@pytest.fixture
def make_config(testdata, tmp_path):
  def make(folder, text=None, **changes):
    arguments = {
      "input_file": (text or str(testdata / "text" / "stories_*.txt"),),
      "output_file": (str(tmp_path / folder / "out"),),
      "vocab_file": str(testdata / "vocab.txt"),
      "dupe_factor": 2,
      "num_shards": 4,
    }
    return settings.PretrainingDataConfig(**(arguments | changes))

  return make


def files_in(folder):
  return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_processes_change_nothing(make_config, tmp_path):
  expected = record_generator.create(make_config("here"))
  run = shard_runners.make("local", 2)
  found = record_generator.create(make_config("processes"), run=run)
  assert files_in(tmp_path / "processes") == files_in(tmp_path / "here")
  assert len(files_in(tmp_path / "here")) == 4
  names = [os.path.basename(path) for path, _, _ in found.files]
  assert names == sorted(files_in(tmp_path / "here"))
  for field in ("documents", "sentences", "tokens", "instances"):
    assert getattr(found, field) == getattr(expected, field)
  assert found.padding_share == pytest.approx(expected.padding_share)
  # A worker's error is the command's, and nothing is left of the others' files.
  text = tmp_path / "bad.txt"
  text.write_text("a line\n" * 20 + "\n" + "\x00\n" * 60)
  bad = make_config("bad", str(text), num_shards=2)
  with pytest.raises(ValueError, match="found no sentence in"):
    record_generator.create(bad, run=run)
  assert files_in(tmp_path / "bad") == {}


@pytest.mark.slow
def test_beams_direct_runner(make_config, tmp_path, monkeypatch):
  pytest.importorskip("apache_beam")
  monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
  (tmp_path / "temporary").mkdir()
  expected = record_generator.create(make_config("here"))
  run = shard_runners.make("direct")
  found = record_generator.create(make_config("beam"), run=run)
  assert files_in(tmp_path / "beam") == files_in(tmp_path / "here")
  assert found.instances == expected.instances
  assert [size for _, _, size in found.files] == [
    size for _, _, size in expected.files
  ]
  # One shard is a pipeline too, if a pipeline was asked for.
  record_generator.create(make_config("one", num_shards=1), run=run)
  record_generator.create(make_config("one_here", num_shards=1))
  assert files_in(tmp_path / "one") == files_in(tmp_path / "one_here")
  text = tmp_path / "bad.txt"
  text.write_text("a line\n" * 20 + "\n" + "\x00\n" * 60)
  bad = make_config("bad", str(text), num_shards=2)
  with pytest.raises(ValueError, match="found no sentence in"):
    record_generator.create(bad, run=run)
  assert files_in(tmp_path / "bad") == {}
  assert os.listdir(tmp_path / "temporary") == []


@pytest.mark.parametrize(
  ("name", "options"),
  [
    ("flink", ["--flink_master=host:8081", "--parallelism=8"]),
    ("beam", ["--runner=SparkRunner", "--spark_master_url=spark://h:7077"]),
    ("dataflow", ["--project=p", "--region=r", "--temp_location=gs://b/t"]),
  ],
)
def test_options_reach_other_runners(name, options):
  pytest.importorskip("apache_beam")
  from apache_beam.options import pipeline_options

  arguments = beam_runner.arguments(name, 1, " ".join(options))
  parsed = pipeline_options.PipelineOptions(arguments)
  standard = parsed.view_as(pipeline_options.StandardOptions)
  expected = {"beam": "spark"}.get(name, name)
  assert standard.runner.lower() == f"{expected}runner"
  found = parsed.get_all_options(drop_default=True)
  for option in options:
    flag, _, value = option[2:].partition("=")
    assert str(found[flag]) == value


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (("local", 0), "--num_workers=0, expected at least 1"),
    (("flink", 2), "is for the runners local and direct; for flink say it in"),
    (("direct", 1, "--x='"), r"--beam_options=.*No closing quotation"),
    (("local", 1, "--x"), "'--x' need a runner of Apache Beam, found"),
    (("beam", 1, "--x"), "name 0 runners of Apache Beam, expected one"),
    (("dask", 1, "--runner=SparkRunner"), "name 2 runners of Apache Beam"),
    (("spark", 2), "is for the runners local and direct; for spark use"),
    (("spark", 1, "--x"), "'--x' need a runner of Apache Beam, found"),
    (("local", 1, "", SPARK), "--spark_master and --spark_options need"),
    (("spark", 1, "", NO_PROPERTY), "'memory=4g' is no property; expected"),
  ],
)
def test_settings_that_do_not_go_together(arguments, message):
  with pytest.raises(ValueError, match=message):
    shard_runners.make(*arguments)


def test_shards_are_spread_on_dask():
  dask = ["--runner=DaskRunner"]
  assert beam_runner.spread(dask, 4) == [*dask, "--dask_npartitions=4"]
  for given in ("--dask_npartitions=2", "--dask_partition_size=3"):
    assert beam_runner.spread([*dask, given], 4) == [*dask, given]
  assert beam_runner.spread(["--runner=x"], 4) == ["--runner=x"]


def test_without_pyspark(monkeypatch):
  monkeypatch.setitem(sys.modules, "pyspark", None)
  with pytest.raises(ImportError, match=r"pip install 'bert_tf\[spark\]'"):
    shard_runners.make("spark", spark=SPARK)


def test_without_beam(monkeypatch):
  monkeypatch.setitem(sys.modules, "apache_beam", None)
  with pytest.raises(ImportError, match="needs Apache Beam, which is not"):
    shard_runners.make("direct")


@pytest.mark.slow
def test_a_killed_command_leaves_no_files_and_no_workers(
  make_config, testdata, tmp_path
):
  values = {
    "input_file": testdata / "text" / "stories_*.txt",
    "output_file": tmp_path / "out" / "a",
    "vocab_file": testdata / "vocab.txt",
    "dupe_factor": 3000,
    "num_shards": 2,
    "num_workers": 2,
  }
  process = subprocess.Popen(
    [sys.executable, "-m", f"tools.{NAME}", *running.as_flags(values)],
    cwd=ROOT,
    stderr=subprocess.DEVNULL,
  )
  deadline = time.monotonic() + 120
  while len(list(tmp_path.glob("out/.*"))) < 2:  # Both are being written.
    assert process.poll() is None and time.monotonic() < deadline
    time.sleep(0.05)
  workers = processes.children(process.pid)
  assert len(workers) >= 2
  process.send_signal(signal.SIGKILL)
  process.wait()
  while any(is_running(pid) for pid in workers):
    assert time.monotonic() < deadline
    time.sleep(0.05)
  assert not list(tmp_path.glob("out/a-0000?-of-00002"))


def is_running(pid):
  try:
    with open(f"/proc/{pid}/stat") as reader:
      return reader.read().rpartition(")")[2].split()[0] != "Z"
  except OSError:
    return False
