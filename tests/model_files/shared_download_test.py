"""Two processes that want the same model."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.model_files import file_server, published

_TAKE = """
import sys
from absl import logging
from bert_tf.model_files import google_zip, model_cache
from tests.model_files import published
logging.set_verbosity(logging.INFO)
print("ready", flush=True)
sys.stdin.readline()
settings = published.settings(sys.argv[1], sys.argv[2])
source = google_zip.GoogleZip(published.MODEL)
print(model_cache.folder(source, settings))
"""


@pytest.fixture
def server():
  data = published.zipped(published.FILES)
  with file_server.serving({published.PATH: data}) as served:
    yield served


@pytest.fixture
def start(server, tmp_path):
  def run():
    process = subprocess.Popen(
      [sys.executable, "-c", _TAKE, str(tmp_path), server.url],
      cwd=ROOT,
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process

  return run


def test_one_downloads_and_the_other_waits(start, server):
  server.faults[published.PATH] = [("delay", 0.4)]
  both = [start(), start()]
  for process in both:
    process.stdin.write("go\n")
    process.stdin.flush()
  answers = [process.communicate(timeout=30) for process in both]
  assert [process.returncode for process in both] == [0, 0]
  assert answers[0][0] == answers[1][0] != ""
  assert len(server.requests) == 1
  waited = ["waiting for another process" in err for _, err in answers]
  assert sorted(waited) == [False, True]


def test_one_that_is_killed_leaves_no_lock(start, server):
  server.faults[published.PATH] = [("stall", 1000)]
  first = start()
  first.stdin.write("go\n")
  first.stdin.flush()
  while not server.requests:
    pass
  first.kill()
  first.communicate()
  second = start()
  out, err = second.communicate("go\n", timeout=30)
  assert second.returncode == 0 and out, err
