"""Runs that are told to end, or lose their newest checkpoint, end as others."""

import os
import shutil
import signal
import time

import pytest
from absl import logging

from bert_tf.system import stop_signals
from bert_tf.tasks.classification import data
from bert_tf.training import run_lock
from tests import processes
from tests.tasks.classification import classifying

STEPS = 10
SETTINGS = {
  "layers": 1,
  "do_train": True,
  "do_eval": True,
  "eval_steps": 4,
  "best_metric": "loss",
  "save_checkpoints_steps": 4,
}
RESULTS = ("best/best.json", "eval_results.txt", "eval_metrics.txt")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
  """A run that nothing disturbs."""
  folder = tmp_path_factory.mktemp("whole") / "out"
  classifying.classify(folder, **SETTINGS)
  return folder


def assert_same_run(folder, whole):
  classifying.assert_same(
    classifying.state(whole, STEPS), classifying.state(folder, STEPS)
  )
  for name in RESULTS:
    assert (folder / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(
  "every, call, step",
  [(4, 1, 4), (4, 2, 8), (5, 2, STEPS)],  # after the last one, too
)
def test_told_to_end_while_it_evaluates(
  tmp_path, whole, monkeypatch, every, call, step
):
  """It saves at once; started again it evaluates first."""
  calls = []
  evaluate = data.ClassificationData.evaluate

  def told(self, strategy, model):
    calls.append(1)
    if len(calls) == call:
      os.kill(os.getpid(), signal.SIGTERM)
      time.sleep(30)
    return evaluate(self, strategy, model)

  monkeypatch.setattr(data.ClassificationData, "evaluate", told)
  settings = SETTINGS | {"eval_steps": every}
  with pytest.raises(stop_signals.Stopped) as raised:
    classifying.classify(tmp_path, **settings)
  assert raised.value.code == 143
  assert f"stopped and saved at step {step} of 10" in raised.value.message
  assert not (tmp_path / run_lock.FILE).exists()
  assert (tmp_path / "evaluation_due.json").exists()
  assert (tmp_path / f"model.ckpt-{step}.index").exists()
  classifying.classify(tmp_path, **settings)
  assert not (tmp_path / "evaluation_due.json").exists()
  evaluations = STEPS // every + 1  # and once in the end
  assert len(calls) == evaluations + 1
  if every == SETTINGS["eval_steps"]:
    assert_same_run(tmp_path, whole)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_told_to_end_while_it_trains(tmp_path, name):
  """The step is finished, though a hundred are computed without Python."""
  settings = {
    "layers": 1,
    "do_train": True,
    "num_train_epochs": 40.0,
    "log_steps": 1000,
    "save_checkpoints_steps": 100,
  }
  process = classifying.classify_in_process(tmp_path, **settings)
  processes.wait_for_checkpoint(process, tmp_path)
  process.send_signal(signal.Signals[name])
  output, _ = process.communicate(timeout=60)
  assert process.returncode == 128 + signal.Signals[name], output
  assert f"{name}: the run ends after this step and is saved" in output
  step = processes.newest(tmp_path)
  assert 100 <= step < 400  # at 100 if no step had begun since
  assert not list(tmp_path.glob("run.lock"))
  assert not list(tmp_path.rglob(".*"))
  again = classifying.classify_in_process(tmp_path, **settings)
  assert f"at step {step}" in processes.finish(again)
  assert processes.newest(tmp_path) == 400


@pytest.mark.parametrize("how", ["flipped", "gone"])
def test_the_newest_checkpoint_is_lost(tmp_path, whole, monkeypatch, how):
  warned = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: warned.append(text % args)
  )
  out = shutil.copytree(whole, tmp_path / "out")
  path = out / f"model.ckpt-{STEPS}.data-00000-of-00001"
  if how == "gone":
    (out / f"model.ckpt-{STEPS}.index").unlink()
    path.unlink()
  else:
    found = bytearray(path.read_bytes())
    found[-100] ^= 1
    path.write_bytes(found)
  before = classifying.bytes_of(out)
  with pytest.raises(
    ValueError, match=r"last whole checkpoint is model\.ckpt-8"
  ):
    classifying.classify(out, **SETTINGS, require_latest=True)
  assert classifying.bytes_of(out) == before
  classifying.classify(out, **SETTINGS)
  assert any("step 8, instead of 10" in text for text in warned)
  assert bool(list(out.glob("model.ckpt-10.*.damaged"))) == (how == "flipped")
  assert_same_run(out, whole)
