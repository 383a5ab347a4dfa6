"""Memory does not grow with the number of instances."""

import hashlib
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Makes records of many copies; --limit leaves that many MB above what is mapped
# once everything is loaded and compiled.
_PROGRAM = """
import resource, sys
from bert_tf.tasks.pretraining import record_generator, settings
text, out, vocab, limit, memory = sys.argv[1:]
def config(name, copies):
  return settings.PretrainingDataConfig(
    (text,), (name,), vocab, dupe_factor=copies)
record_generator.create(
  config(out, 1), limits=settings.MemoryLimits(instance_bytes=1000))
limits = settings.MemoryLimits(instance_bytes=int(memory) << 20)
if int(limit):
  with open("/proc/self/statm") as reader:
    mapped = int(reader.read().split()[0]) * resource.getpagesize()
  most = mapped + (int(limit) << 20)
  resource.setrlimit(resource.RLIMIT_AS, (most, most))
record_generator.create(config(out, 3600), limits=limits)
"""


def make(testdata, out, limit, memory):
  """Makes about 70 MB of instances, 200 MB of records."""
  arguments = [testdata / "text" / "stories_a.txt", out]
  arguments += [testdata / "vocab.txt", limit, memory]
  return subprocess.run(
    [sys.executable, "-c", _PROGRAM, *map(str, arguments)],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
  )


def digest(path):
  with open(path, "rb") as reader:
    return hashlib.file_digest(reader, "sha256").hexdigest()


@pytest.mark.slow
def test_records_that_do_not_fit_into_memory(testdata, tmp_path):
  done = make(testdata, tmp_path / "free", limit=0, memory=200)
  assert done.returncode == 0, done.stderr
  assert (tmp_path / "free").stat().st_size > 200 << 20
  # All in memory is too much,
  done = make(testdata, tmp_path / "memory", limit=60, memory=200)
  assert done.returncode != 0 and "MemoryError" in done.stderr
  # but not with temporary files, and the records are the same.
  done = make(testdata, tmp_path / "files", limit=60, memory=8)
  assert done.returncode == 0, done.stderr
  assert digest(tmp_path / "files") == digest(tmp_path / "free")
