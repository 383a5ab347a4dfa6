"""Runs by the optimizers that the original does not have: learn, resume."""

import shutil

import numpy as np
import pytest

from tests import processes
from tests.tasks.pretraining import training

ONE_BATCH = training.TESTDATA / "train_parity" / "data.tfrecord"


def assert_same(folder, other, step):
  got, want = training.read(folder, step), training.read(other, step)
  assert set(got) == set(want)
  for name, value in want.items():
    np.testing.assert_array_equal(got[name], value, err_msg=name)


@pytest.mark.parametrize(
  "name, precision, rate",
  [("lion", "float32", 1e-3), ("adafactor", "mixed_float16", 1e-2)],
)
def test_learns_a_batch_by_heart_and_resumes(tmp_path, name, precision, rate):
  settings = dict(
    input_file=ONE_BATCH,
    layers=1,
    steps=60,
    rate=rate,
    optimizer_name=name,
    devices={"precision": precision},
    save_checkpoints_steps=30,
    max_eval_steps=1,
    do_eval=True,
  )
  result = training.pretrain(tmp_path / "whole", **settings)
  assert result["loss"] < 4.0  # 7.6 at the start
  shutil.copytree(tmp_path / "whole", tmp_path / "half")
  (tmp_path / "half" / "checkpoint").write_text(
    'model_checkpoint_path: "model.ckpt-30"'
  )
  assert training.pretrain(tmp_path / "half", **settings) == result
  assert_same(tmp_path / "half", tmp_path / "whole", 60)


@pytest.mark.slow
def test_killed_ends_bit_identical(tmp_path):
  """SIGKILL at a random moment, dropout on; then the same command again."""
  settings = dict(
    layers=1,
    steps=400,
    warmup=50,
    rate=1e-2,
    optimizer_name="adafactor",
    save_checkpoints_steps=10,
    log_steps=50,
  )
  whole, killed = tmp_path / "whole", tmp_path / "killed"
  processes.finish(training.pretrain_in_process(whole, **settings))

  def begin():
    return training.pretrain_in_process(killed, **settings)

  steps = processes.kill_often(begin, killed, times=1)
  assert steps[-1] < 400, "the kill came after the end"
  assert f"at step {steps[-1]}" in processes.finish(begin())
  assert_same(killed, whole, 400)
