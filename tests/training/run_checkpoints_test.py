"""The checkpoints of a run."""

import types

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.checkpoints import checkpoint_reader
from bert_tf.training import run_checkpoints, whole_checkpoints


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
  assert checkpoints.restore() == 3
  assert not half.exists()
  assert not listing.exists()
  assert (tmp_path / "notes.tmp-1").exists()


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


def _lose(folder, how, step):
  """Damages a checkpoint, or takes a file of it away."""
  prefix = folder / f"model.ckpt-{step}"
  index = prefix.with_name(f"{prefix.name}.index")
  data = prefix.with_name(f"{prefix.name}.data-00000-of-00001")
  if how == "flipped":
    found = bytearray(data.read_bytes())
    found[len(found) // 2] ^= 1
    data.write_bytes(found)
  elif how == "cut":
    data.write_bytes(data.read_bytes()[:5])
  elif how == "empty index":
    index.write_bytes(b"")
  elif how == "garbled index":
    index.write_bytes(b"x" * index.stat().st_size)
  else:
    {"index": index, "data": data}[how].unlink()


@pytest.mark.parametrize(
  "how", ["flipped", "cut", "empty index", "garbled index", "index", "data"]
)
def test_the_newest_is_damaged_or_gone(tmp_path, how, warned):
  for step in (5, 10):
    run_checkpoints.Checkpoints(str(tmp_path), state(step)).save(step)
  _lose(tmp_path, how, 10)
  before = names(tmp_path)
  strict = run_checkpoints.Checkpoints(
    str(tmp_path), state(), require_latest=True
  )
  with pytest.raises(
    ValueError, match=r"model\.ckpt-10 \(.*is model\.ckpt-5\."
  ):
    strict.restore()
  found = run_checkpoints.Checkpoints(str(tmp_path), state())
  found.check()
  assert names(tmp_path) == before  # checks change nothing
  assert found.restore() == 5
  assert "going on from model.ckpt-5, step 5, instead of 10" in warned[0]
  left = set(names(tmp_path))
  assert not {x for x in left if "-10." in x and not x.endswith(".damaged")}
  assert {f"{x}.damaged" for x in before if "-10." in x} <= left
  assert run_checkpoints.latest(str(tmp_path)).endswith("model.ckpt-5")
  found.variables["global_step"].assign(10)
  found.save(10)
  again = run_checkpoints.Checkpoints(str(tmp_path), state())
  assert again.restore() == 10
  assert len(warned) == 1


def test_an_index_that_tells_of_more_than_there_is(tmp_path):
  """As damage may; memory that is too small is none."""
  run_checkpoints.Checkpoints(str(tmp_path), state(1)).save(1)
  reader = checkpoint_reader.Reader(tmp_path / "model.ckpt-1")
  whole_checkpoints._check_size(reader)
  reader.shapes["w"] = (2**40,)
  with pytest.raises(ValueError, match=r"the index tells of .* bytes, and mod"):
    whole_checkpoints._check_size(reader)


def test_a_remote_checkpoint_is_read_once(monkeypatch):
  folder = "ram://run_checkpoints"
  run_checkpoints.Checkpoints(folder, state(1)).save(1)
  read = []

  def reader(path):  # TensorFlow cannot open its own ram:// checkpoints
    read.append(path)
    return types.SimpleNamespace(prefix=path, shapes={}, dtypes={})

  monkeypatch.setattr(checkpoint_reader, "Reader", reader)
  for _ in range(3):
    found = whole_checkpoints.newest(folder)
    assert found.prefix == f"{folder}/model.ckpt-1"
  assert read == [f"{folder}/model.ckpt-1"]


def test_none_is_whole(tmp_path, warned):
  """It begins again, and says so: a loop of restarts does not stand still."""
  run_checkpoints.Checkpoints(str(tmp_path), state(1)).save(1)
  _lose(tmp_path, "flipped", 1)
  found = run_checkpoints.Checkpoints(str(tmp_path), state())
  assert found.restore() is None
  assert "no checkpoint is whole: THE TRAINING BEGINS AGAIN" in warned[0]
  assert names(tmp_path) == [
    "model.ckpt-1.data-00000-of-00001.damaged",
    "model.ckpt-1.index.damaged",
  ]


def test_who_applies_a_model_is_given_no_older_one(tmp_path):
  for step in (5, 10):
    run_checkpoints.Checkpoints(str(tmp_path), state(step)).save(step)
  _lose(tmp_path, "index", 10)
  with pytest.raises(
    FileNotFoundError, match=r"names .*model.ckpt-10, which is"
  ):
    run_checkpoints.latest(str(tmp_path))


@pytest.mark.parametrize(
  "kind", [tf.errors.PermissionDeniedError, tf.errors.AbortedError]
)
def test_what_cannot_be_read_now_is_not_damaged(tmp_path, monkeypatch, kind):
  run_checkpoints.Checkpoints(str(tmp_path), state(1)).save(1)

  def denied(path):
    cause = kind(None, None, "no")
    raise ValueError(f"{path}: cannot be read") from cause

  monkeypatch.setattr(checkpoint_reader, "Reader", denied)
  with pytest.raises(OSError, match=r"ckpt-1 cannot be read now"):
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
    run_checkpoints.latest(str(tmp_path))
  assert run_checkpoints.Checkpoints(str(tmp_path), state()).restore() == 10


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
