"""Devices, workers and XLA: the same numbers however a run is spread."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tests import processes
from tests.conftest import ROOT
from tests.tasks.pretraining import training

STEPS = 800  # so many that five kills come before the end


def assert_same(folder, other, last_step=12, atol=1e-5):
  got = training.read(folder, last_step)
  want = training.read(other, last_step)
  assert set(got) == set(want)
  for name, value in want.items():
    np.testing.assert_allclose(got[name], value, atol=atol, err_msg=name)


def losses(folder):
  """Step to loss, as TensorBoard shows them."""
  return {
    event.step: float(tf.make_ndarray(value.tensor))
    for path in folder.glob("events.*")
    for event in tf.compat.v1.train.summary_iterator(str(path))
    for value in event.summary.value
    if value.tag == "loss"
  }


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
  folder = tmp_path_factory.mktemp("one_device")
  training.pretrain(folder, dropout=False, log_steps=1)
  return folder


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_two_devices_are_one(tmp_path, one_device, micro_batches):
  """MirroredStrategy over two logical CPU devices, the same global batch."""
  processes.finish(
    training.pretrain_in_process(
      tmp_path,
      logical_devices=2,
      dropout=False,
      log_steps=1,
      gradient_accumulation_steps=micro_batches,
      devices={"strategy": "mirrored"},
    )
  )
  assert_same(tmp_path, one_device)
  got, want = losses(tmp_path), losses(one_device)
  assert list(got) == list(want) == list(range(1, 13))
  np.testing.assert_allclose(list(got.values()), list(want.values()), atol=1e-5)


def start_workers(folder, count=2, **settings):
  """Processes over loopback, with an output folder each."""
  hosts = [f"localhost:{port}" for port in processes.free_ports(count)]
  workers = []
  for index in range(count):
    config = {
      "cluster": {"worker": hosts},
      "task": {"type": "worker", "index": index},
    }
    workers.append(
      training.pretrain_in_process(
        folder / str(index),
        env={"TF_CONFIG": json.dumps(config)},
        dropout=False,
        **settings,
      )
    )
  return workers


def test_two_workers_are_one(tmp_path, one_device):
  """MultiWorkerMirroredStrategy over loopback; only the chief writes."""
  workers = start_workers(tmp_path, log_steps=1, do_eval=True, max_eval_steps=2)
  for worker in workers:
    processes.finish(worker)
  assert_same(tmp_path / "0", one_device)
  assert (tmp_path / "0" / "eval_results.txt").exists()
  assert not (tmp_path / "1").exists()


@pytest.mark.slow
def test_four_uneven_workers_are_one(tmp_path, one_device):
  """One of them is held up again and again."""
  workers = start_workers(tmp_path, 4, log_steps=1)
  slow = workers[2]
  while slow.poll() is None:
    for number in (signal.SIGSTOP, signal.SIGCONT):
      with contextlib.suppress(ProcessLookupError):  # it has just ended
        slow.send_signal(number)
      time.sleep(0.1)
  for worker in workers:
    processes.finish(worker)
  assert_same(tmp_path / "0", one_device, atol=1e-6)


@pytest.mark.slow
def test_supervised_workers_outlive_a_kill(tmp_path, one_device):
  """The whole way: command, two workers, one killed, both started again."""
  arguments = {"output_dir": str(tmp_path / "out"), "dropout": False}
  log = tmp_path / "log"
  with log.open("wb") as file:
    supervisor = subprocess.Popen(
      [
        *(sys.executable, "-m", "tools.supervise", "--num_workers=2"),
        "--stop_seconds=5",
        *("--", sys.executable, "-m", "tests.tasks.pretraining.training", "1"),
        json.dumps(arguments | {"save_checkpoints_steps": 2, "log_steps": 1}),
      ],
      cwd=ROOT,
      stderr=file,
    )
  processes.wait_for_checkpoint(supervisor, tmp_path / "out")
  killed = processes.children(supervisor.pid)[1]
  os.kill(killed, signal.SIGKILL)
  status = supervisor.wait(300)
  said = log.read_text()
  assert status == 0, said
  assert "was killed by SIGKILL; all workers are restarted" in said, said
  assert_same(tmp_path / "out", one_device, atol=1e-6)


def test_workers_without_a_shared_folder_do_not_resume(tmp_path, one_device):
  """The chief would go on at step 12, the other begin anew."""
  shutil.copytree(one_device, tmp_path / "0")
  workers = start_workers(tmp_path, steps=24)
  outputs = [worker.communicate(timeout=300)[0] for worker in workers]
  for worker, output in zip(workers, outputs, strict=True):
    assert worker.returncode != 0
    assert "must be one folder that all workers share" in output, output
  assert training.read(tmp_path / "0", 12)["global_step"] == 12
  assert not (tmp_path / "0" / "model.ckpt-24.index").exists()


@pytest.mark.slow
def test_killed_five_times_ends_bit_identical(tmp_path):
  """SIGKILL at random moments, dropout on; then the same command again."""
  settings = dict(
    layers=1, steps=STEPS, warmup=50, save_checkpoints_steps=10, log_steps=50
  )
  whole = training.pretrain_in_process(tmp_path / "whole", **settings)
  processes.finish(whole)
  steps = processes.kill_often(
    lambda: training.pretrain_in_process(tmp_path / "killed", **settings),
    tmp_path / "killed",
  )
  assert steps[-1] < STEPS, "the last kill came after the end"
  last = training.pretrain_in_process(tmp_path / "killed", **settings)
  assert f"at step {steps[-1]}" in processes.finish(last)
  assert_same(tmp_path / "killed", tmp_path / "whole", STEPS, atol=0)
  left = [path.name for path in (tmp_path / "killed").glob("*tmp*")]
  assert not left
