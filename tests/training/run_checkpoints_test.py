"""The checkpoints of a run."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.training import run_checkpoints


def state(step=0):
  return {
    "w": tf.Variable([1.0, 2.0], name="w"),
    "global_step": tf.Variable(np.int64(step), name="global_step"),
  }


def names(folder):
  return sorted(path.name for path in folder.iterdir())


def test_round_trip(tmp_path):
  variables = state(7)
  run_checkpoints.Checkpoints(str(tmp_path), variables).save(7)
  other = state()
  other["w"].assign([0.0, 0.0])
  found = run_checkpoints.Checkpoints(str(tmp_path), other)
  assert found.restore() == 7
  np.testing.assert_array_equal(other["w"], [1.0, 2.0])
  assert int(other["global_step"]) == 7


def test_empty_folder(tmp_path):
  assert run_checkpoints.Checkpoints(str(tmp_path), state()).restore() is None


def test_the_last_few_are_kept_over_restarts(tmp_path):
  for step in range(1, 6):
    run_checkpoints.Checkpoints(str(tmp_path), state(step), keep_max=2).save(
      step
    )
  assert names(tmp_path) == [
    "checkpoint",
    "model.ckpt-4.data-00000-of-00001",
    "model.ckpt-4.index",
    "model.ckpt-5.data-00000-of-00001",
    "model.ckpt-5.index",
  ]
  found = tf.train.get_checkpoint_state(str(tmp_path))
  assert found.model_checkpoint_path == str(tmp_path / "model.ckpt-5")
  assert len(found.all_model_checkpoint_paths) == 2
  assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-5")


def test_zero_keeps_all(tmp_path):
  checkpoints = run_checkpoints.Checkpoints(str(tmp_path), state(), keep_max=0)
  for step in range(7):
    checkpoints.save(step)
  assert len(names(tmp_path)) == 1 + 2 * 7


def test_what_a_kill_left_is_removed_and_not_restored(tmp_path):
  run_checkpoints.Checkpoints(str(tmp_path), state(3)).save(3)
  half = tmp_path / "model.ckpt-6.tmp-123.data-00000-of-00001"
  half.write_bytes(b"half")
  listing = tmp_path / "checkpoint.0123abcd.tmp"
  listing.write_text("half")
  (tmp_path / "notes.tmp-1").write_text("the user's")
  checkpoints = run_checkpoints.Checkpoints(str(tmp_path), state())
  assert not half.exists()
  assert not listing.exists()
  assert (tmp_path / "notes.tmp-1").exists()
  assert checkpoints.restore() == 3


def test_only_the_chief_writes(tmp_path):
  folder = tmp_path / "none"
  run_checkpoints.Checkpoints(str(folder), state(), writes=False).save(1)
  assert not folder.exists()


def test_another_model_s_folder(tmp_path):
  run_checkpoints.Checkpoints(str(tmp_path), state(1)).save(1)
  before = names(tmp_path)
  other = state() | {"v": tf.Variable([0.0], name="v")}
  with pytest.raises(ValueError, match=r"training of another model.*: v"):
    run_checkpoints.Checkpoints(str(tmp_path), other).restore()
  assert names(tmp_path) == before


def test_a_listed_checkpoint_is_missing(tmp_path):
  run_checkpoints.Checkpoints(str(tmp_path), state(1)).save(1)
  (tmp_path / "model.ckpt-1.index").unlink()
  with pytest.raises(
    FileNotFoundError, match=r"names .*model.ckpt-1, which is"
  ):
    run_checkpoints.Checkpoints(str(tmp_path), state()).restore()


@pytest.mark.parametrize("text", [None, ""])
def test_the_listing_is_lost(tmp_path, text):
  """Training does not begin again over checkpoints that are there."""
  for step in (9, 10):
    run_checkpoints.Checkpoints(str(tmp_path), state(step)).save(step)
  (tmp_path / "checkpoint").unlink()
  if text is not None:
    (tmp_path / "checkpoint").write_text(text)
  with pytest.raises(FileNotFoundError, match=r'path: "model.ckpt-10"'):
    run_checkpoints.Checkpoints(str(tmp_path), state()).restore()


def test_killed_before_the_first_was_listed(tmp_path):
  """What was written is whole: its index is renamed last."""
  run_checkpoints.Checkpoints(str(tmp_path), state(5)).save(5)
  (tmp_path / "checkpoint").unlink()
  half = tmp_path / "model.ckpt-7.tmp-12.index"
  half.write_bytes(b"half")
  assert run_checkpoints.latest(str(tmp_path)) == str(tmp_path / "model.ckpt-5")
  checkpoints = run_checkpoints.Checkpoints(str(tmp_path), state())
  assert checkpoints.restore() == 5
  checkpoints.save(10)
  assert run_checkpoints.latest(str(tmp_path)).endswith("model.ckpt-10")


def test_killed_in_the_first_save(tmp_path):
  (tmp_path / "model.ckpt-5.tmp-12.index").write_bytes(b"half")
  (tmp_path / "model.ckpt-5.data-00000-of-00001").write_bytes(b"whole")
  assert run_checkpoints.latest(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["run[1]", "run\\1"])
def test_a_folder_whose_checkpoints_tensorflow_could_not_read(tmp_path, name):
  """It is said before anything is trained or written."""
  folder = tmp_path / name / "output"
  for start in (
    lambda: run_checkpoints.latest(str(folder)),
    lambda: run_checkpoints.Checkpoints(str(folder), state()),
    lambda: run_checkpoints.Checkpoints(str(folder), state(), writes=False),
  ):
    with pytest.raises(ValueError, match="rename the folder"):
      start()
  assert names(tmp_path) == []


def test_another_optimizer_s_training(tmp_path):
  """Both have slots of the same names."""
  lamb = {"bert_tf/optimizer_lamb": tf.Variable(1)}
  run_checkpoints.Checkpoints(str(tmp_path / "a"), state(1) | lamb).save(1)
  run_checkpoints.Checkpoints(str(tmp_path / "b"), state(1)).save(1)
  for folder, variables in (("a", state()), ("b", state() | lamb)):
    checkpoints = run_checkpoints.Checkpoints(str(tmp_path / folder), variables)
    with pytest.raises(ValueError, match=r"another optimizer \((lamb|adamw)\)"):
      checkpoints.restore()
  again = run_checkpoints.Checkpoints(str(tmp_path / "a"), state() | lamb)
  assert again.restore() == 1


def test_a_loss_scale_may_be_new(tmp_path):
  run_checkpoints.Checkpoints(str(tmp_path), state(5)).save(5)
  scale = {"bert_tf/loss_scale": tf.Variable(8.0)}
  found = run_checkpoints.Checkpoints(str(tmp_path), state() | scale)
  assert found.restore() == 5
  assert float(scale["bert_tf/loss_scale"]) == 8.0
