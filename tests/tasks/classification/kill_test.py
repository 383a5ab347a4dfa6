"""Fine-tuning that is killed goes on as if nothing had been."""

import json

import pytest

from tests import processes
from tests.tasks.classification import classifying

STEPS = 500


@pytest.mark.slow
def test_killed_three_times_ends_bit_identical(tmp_path):
  """SIGKILL at random moments, dropout on, evaluating now and then."""
  settings = dict(
    layers=1,
    do_train=True,
    do_eval=True,
    num_train_epochs=STEPS / 10,
    save_checkpoints_steps=10,
    eval_steps=50,
    best_metric="loss",
    log_steps=50,
  )
  whole, killed = tmp_path / "whole", tmp_path / "killed"

  processes.finish(classifying.classify_in_process(whole, **settings))

  def begin():
    return classifying.classify_in_process(killed, **settings)

  steps = processes.kill_often(begin, killed, times=3)
  assert steps[-1] < STEPS, "the last kill came after the end"
  assert f"at step {steps[-1]}" in processes.finish(begin())
  assert not list(killed.rglob("*tmp*"))

  best = json.loads((whole / "best" / "best.json").read_text())["step"]
  for folder, step in (("", STEPS), ("best", best)):
    classifying.assert_same(
      classifying.state(whole / folder, step),
      classifying.state(killed / folder, step),
    )
  for file in ("best/best.json", "eval_results.txt", "eval_metrics.txt"):
    assert (killed / file).read_bytes() == (whole / file).read_bytes()
