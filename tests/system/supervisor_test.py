import json
import os
import signal
import subprocess
import sys
import time

import pytest

from bert_tf.system import supervisor
from tests.commands import running
from tests.conftest import ROOT

SOON = {"backoff_seconds": 0.01, "stop_seconds": 5}
# Notes its start as a line of a file: worker, attempt, address. Then it does
# what the file `plan` says of that attempt; without a word it succeeds.
WORKER = """
import json, os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
config = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": 0}}'))
index = config["task"]["index"]
starts = folder / f"starts{index}"
with starts.open("a") as file:
  print(os.getpid(), json.dumps(config), file=file)
attempt = len(starts.read_text().splitlines())
plan = json.loads((folder / "plan").read_text())
exec(plan.get(f"{index}/{attempt}", plan.get(str(index), "")))
"""
FAIL = "sys.exit('the disk is full')"
KILL = "os.kill(os.getpid(), 9)"
WAIT = "time.sleep(100)"


@pytest.fixture
def supervise(tmp_path, monkeypatch):
  monkeypatch.delenv("TF_CONFIG", raising=False)

  def run(plan, **settings):
    (tmp_path / "plan").write_text(json.dumps(plan))
    supervisor.run(
      [sys.executable, "-c", WORKER, str(tmp_path)],
      supervisor.SupervisorSettings(**(SOON | settings)),
    )

  return run


def starts(folder, worker):
  lines = (folder / f"starts{worker}").read_text().splitlines()
  return [json.loads(line.partition(" ")[2]) for line in lines]


def test_all_are_restarted_when_one_is_killed(
  supervise, tmp_path, warned, capsys
):
  plan = {"0/1": WAIT, "1/1": "time.sleep(0.3);" + KILL, "0/2": "print('x')"}
  began = time.monotonic()
  supervise(plan, num_workers=2)
  assert time.monotonic() - began < 50  # the one that waits was told to end
  for worker in range(2):
    configs = starts(tmp_path, worker)
    assert [config["task"]["index"] for config in configs] == [worker] * 2
    assert all(len(x["cluster"]["worker"]) == 2 for x in configs)
  assert starts(tmp_path, 0)[1]["cluster"] == starts(tmp_path, 1)[1]["cluster"]
  (said,) = warned
  assert "worker 1 was killed by SIGKILL; all workers are restarted in" in said


def test_waits_longer_each_time_and_gives_up(supervise, tmp_path, warned):
  with pytest.raises(
    supervisor.GaveUpError,
    match=r"worker 0 was killed by SIGKILL; all workers were restarted 3 times",
  ):
    supervise({"0": KILL}, max_restarts=3, max_backoff_seconds=0.03)
  assert len(starts(tmp_path, 0)) == 4
  assert [line.partition("restarted in ")[2][:4] for line in warned] == [
    "0.01",
    "0.02",
    "0.03",
  ]


def test_the_same_error_twice_is_the_reason(supervise, tmp_path):
  with pytest.raises(
    supervisor.GaveUpError,
    match="worker 0 ended with status 1: the disk is full; it failed twice",
  ):
    supervise({"0/1": KILL, "0": FAIL})
  assert len(starts(tmp_path, 0)) == 3


def test_what_may_pass_is_tried_again(supervise, tmp_path):
  again = f"sys.exit({supervisor.TRY_AGAIN})"
  supervise({f"0/{attempt}": again for attempt in (1, 2, 3)})
  assert len(starts(tmp_path, 0)) == 4


def test_restarts_are_counted_anew_after_a_while(supervise, tmp_path):
  supervise(
    {f"0/{attempt}": FAIL for attempt in (1, 2, 3)},
    max_restarts=1,
    stable_seconds=0,
  )
  assert len(starts(tmp_path, 0)) == 4


def test_a_worker_that_was_told_to_end_is_not_restarted(supervise, tmp_path):
  with pytest.raises(supervisor.GaveUpError, match="it was told to end"):
    supervise({"0": "sys.exit(143)"})
  assert len(starts(tmp_path, 0)) == 1


def test_one_that_does_not_end_is_killed(supervise, tmp_path, warned):
  deaf = "import signal; signal.signal(15, signal.SIG_IGN); "
  plan = {"0/1": deaf + WAIT, "1/1": "time.sleep(1);" + KILL}
  supervise(plan, num_workers=2, stop_seconds=0.1)
  assert "worker 0 did not end by SIGTERM: killed" in warned


def test_several_workers_under_a_cluster(supervise, monkeypatch):
  monkeypatch.setenv("TF_CONFIG", "{}")
  with pytest.raises(ValueError, match="the environment has one: run one"):
    supervise({}, num_workers=2)


def test_the_command(tmp_path):
  (tmp_path / "plan").write_text(json.dumps({"0/1": FAIL}))
  command = [sys.executable, "-c", WORKER, str(tmp_path)]
  done = running.run("supervise", "--backoff_seconds=0", "--", *command)
  assert done.returncode == 0
  assert "the disk is full; all workers are restarted" in done.stderr
  done = running.run("supervise", "--max_restarts=0", "--", "false")
  assert done.returncode == 1
  assert "supervise: worker 0 ended with status 1; all workers" in done.stderr
  done = running.run("supervise", "--num_workers=0", "--", "true")
  assert "--num_workers=0, expected at least 1" in done.stderr
  assert "no command to run; expected" in running.run("supervise").stderr
  assert "nowhere" in running.run("supervise", "--", "nowhere").stderr


def test_a_stopped_supervisor_ends_its_workers(tmp_path):
  (tmp_path / "plan").write_text(json.dumps({"0": WAIT}))
  program = [sys.executable, "-m", "tools.supervise", "--"]
  process = subprocess.Popen(
    [*program, sys.executable, "-c", WORKER, str(tmp_path)],
    cwd=ROOT,
    stderr=subprocess.DEVNULL,
  )
  deadline = time.monotonic() + 60
  while not (tmp_path / "starts0").exists():
    assert time.monotonic() < deadline
    time.sleep(0.02)
  time.sleep(0.1)
  worker = int((tmp_path / "starts0").read_text().split()[0])
  process.send_signal(signal.SIGTERM)
  process.communicate(timeout=60)
  assert process.returncode == 128 + signal.SIGTERM
  with pytest.raises(ProcessLookupError):
    os.kill(worker, 0)
