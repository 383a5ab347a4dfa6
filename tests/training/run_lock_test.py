"""One training at a time writes into an output folder."""

import fcntl
import json
import os
import subprocess
import sys
import time

import pytest

from bert_tf.system import process_identity
from bert_tf.training import run_lock
from tests.conftest import ROOT

_HOLDS = (
  "import sys, time; from bert_tf.training import run_lock\n"
  "with run_lock.holding(sys.argv[1]):\n"
  "  print('held', flush=True); sys.stdin.readline()\n"
)


@pytest.fixture
def held(tmp_path):
  """A folder that another process holds, and the process."""
  process = subprocess.Popen(
    [sys.executable, "-c", _HOLDS, str(tmp_path / "out")],
    cwd=ROOT,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
  )
  assert process.stdout.readline() == b"held\n"
  yield tmp_path / "out", process
  process.kill()
  process.communicate()


def _hold(folder):
  with run_lock.holding(str(folder)):
    return json.loads((folder / run_lock.FILE).read_text())


def test_it_is_there_while_it_is_held(tmp_path):
  own = process_identity.here()
  found = _hold(tmp_path / "a" / "b")
  assert (found["host"], found["pid"]) == (own.host, own.pid)
  assert not list((tmp_path / "a" / "b").iterdir())
  with (
    pytest.raises(RuntimeError, match="an error"),
    run_lock.holding(str(tmp_path)),
  ):
    raise RuntimeError("an error")
  assert not (tmp_path / run_lock.FILE).exists()


def test_another_live_run_is_refused(held):
  folder, process = held
  message = rf"in use by another training \(process {process.pid} on .*since 20"
  for refused in (lambda: run_lock.check(str(folder)), lambda: _hold(folder)):
    with pytest.raises(RuntimeError, match=message):
      refused()
  process.communicate(b"end\n")
  run_lock.check(str(folder))
  _hold(folder)


def test_what_a_killed_run_left_is_taken_over(held, warned):
  folder, process = held
  process.kill()
  process.communicate()
  run_lock.check(str(folder))
  assert _hold(folder)["pid"] == os.getpid()
  (said,) = warned
  assert f"process {process.pid} on " in said
  assert "which is no longer running" in said


def test_workers_that_look_at_once_do_not_refuse_each_other(tmp_path):
  """After a kill the file is there, and all workers look at it."""
  path = tmp_path / run_lock.FILE
  own = run_lock._own() | {"pid": 2**22 + 1}
  path.write_text(json.dumps(own))
  with open(path) as other:  # another worker, in the midst of its look
    fcntl.flock(other, fcntl.LOCK_SH)
    run_lock.check(str(tmp_path))


@pytest.mark.parametrize("changes", [{}, {"pid": "x"}, {"pid": 0, "start": -1}])
def test_of_another_machine(tmp_path, changes):
  told = {"host": "another", "pid": 5, "start": 7, "boot": "b", "since": "then"}
  path = tmp_path / run_lock.FILE
  path.write_text(json.dumps(told | changes))
  with pytest.raises(RuntimeError, match=f"another machine.*remove {path}"):
    _hold(tmp_path)
  assert path.exists()
  long_ago = time.time() - run_lock._DEAD_SECONDS - 1
  os.utime(path, (long_ago, long_ago))
  run_lock.check(str(tmp_path))
  assert _hold(tmp_path)["pid"] == os.getpid()
  told["boot"] = run_lock._boot()  # it was a container of this machine
  path.write_text(json.dumps(told))
  _hold(tmp_path)


def test_it_is_touched_while_it_is_held(tmp_path, monkeypatch):
  monkeypatch.setattr(run_lock, "_TOUCH_SECONDS", 0.01)
  path = tmp_path / run_lock.FILE
  with run_lock.holding(str(tmp_path)):
    os.utime(path, (1, 1))
    deadline = time.monotonic() + 30
    while path.stat().st_mtime == 1 and time.monotonic() < deadline:
      time.sleep(0.01)
    assert path.stat().st_mtime > 1


@pytest.mark.parametrize("text", ["", "{", "[]", "\0" * 100])
def test_a_damaged_one_is_taken_over(tmp_path, text):
  (tmp_path / run_lock.FILE).write_text(text)
  assert _hold(tmp_path)["pid"] == os.getpid()


def test_where_files_cannot_be_locked(tmp_path, held, monkeypatch, warned):
  """The process that is named is looked for."""

  def none(descriptor, how):
    raise OSError(run_lock.errno.ENOLCK, "No locks available")

  monkeypatch.setattr(run_lock.fcntl, "flock", none)
  folder, process = held
  with pytest.raises(RuntimeError, match=f"process {process.pid} on"):
    _hold(folder)
  process.kill()
  process.communicate()
  assert _hold(folder)["pid"] == os.getpid()


def test_workers_that_do_not_write(held):
  folder, _ = held
  with run_lock.holding(str(folder), owns=False):
    pass
