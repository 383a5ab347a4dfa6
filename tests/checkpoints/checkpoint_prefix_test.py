"""Finding checkpoints: prefixes, folders and what they list."""

import pathlib
import shutil

import numpy as np
import pytest
from absl import logging

import bert_tf
from bert_tf.checkpoints import (
  checkpoint_prefix,
  checkpoint_reader,
  formats,
  saver,
)
from bert_tf.training import run_checkpoints


@pytest.fixture
def tiny(testdata, tmp_path):
  return pathlib.Path(shutil.copytree(testdata / "tiny", tmp_path / "tiny"))


def test_prefix_index_and_folder_are_the_same(tiny):
  prefix = str(tiny / "bert_model.ckpt")
  for path in (prefix, prefix + ".index", tiny):
    assert checkpoint_prefix.find(path) == prefix


def test_folder_with_a_checkpoint_file(tiny):
  (tiny / "checkpoint").write_text(
    'model_checkpoint_path: "resume_model.ckpt-20"\n'
  )
  assert checkpoint_prefix.find(tiny).endswith("resume_model.ckpt-20")


def test_nothing_there(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*x.index"):
    checkpoint_prefix.find(tmp_path / "x")
  with pytest.raises(FileNotFoundError, match=r"found no .index file"):
    checkpoint_prefix.find(tmp_path)


@pytest.mark.parametrize("name", ["a[1]", "a\\1"])
def test_paths_that_tensorflow_takes_for_patterns(tiny, name):
  folder = tiny.rename(tiny.with_name(name))
  prefix = str(folder / "bert_model.ckpt")
  for path in (prefix, folder):
    assert checkpoint_prefix.find(path) == prefix
    with pytest.raises(ValueError, match=r"in the path of a check.*rename the"):
      bert_tf.BertModel.from_checkpoint(path)
  new = folder / "new"
  with pytest.raises(ValueError, match="rename the folder"):
    saver.save({"w": np.float32([1])}, str(new / "m.ckpt"))
  assert not new.exists()


@pytest.mark.parametrize("name", ["a[1", "a*?", "a]{1}"])
def test_paths_that_look_odd_and_are_not(tmp_path, name):
  prefix = str(tmp_path / name / "m.ckpt")
  saver.save({"w": np.float32([1])}, prefix)
  saver.save({"w": np.float32([2])}, prefix + "-2")
  (tmp_path / name / "checkpoint").write_text('model_checkpoint_path: "m.ckpt"')
  reader = checkpoint_reader.Reader(tmp_path / name)
  assert (reader.prefix, reader.read("w")) == (prefix, 1)
  checkpoint_prefix.remove(prefix)
  left = sorted(path.name for path in (tmp_path / name).iterdir())
  assert left == [
    "checkpoint",
    "m.ckpt-2.data-00000-of-00001",
    "m.ckpt-2.index",
  ]
  assert checkpoint_prefix.find(tmp_path / name) == prefix + "-2"


def test_a_data_file_stands_for_its_prefix(tmp_path):
  prefix = str(tmp_path / "m.ckpt")
  saver.save({"w": np.float32([1])}, prefix)
  for ending in (".index", ".data-00000-of-00001"):
    assert checkpoint_prefix.find(prefix + ending) == prefix
    assert formats.recognise(prefix + ending) == "google"
    assert formats.reader(prefix + ending).prefix == prefix


def test_a_folder_that_was_moved(tmp_path, monkeypatch):
  said = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  prefix = str(tmp_path / "model.ckpt-20")
  for step in (10, 20):
    saver.save({"w": np.float32([1])}, str(tmp_path / f"model.ckpt-{step}"))
  listing = tmp_path / "checkpoint"
  listing.write_text('model_checkpoint_path: "/home/other/out/model.ckpt-20"')
  for find in (checkpoint_prefix.find, run_checkpoints.latest):
    assert find(str(tmp_path)) == prefix
    assert said.pop() == (
      f"{listing} names /home/other/out/model.ckpt-20, which is not there; "
      f"taking {prefix}, which is"
    )
  listing.write_text('model_checkpoint_path: "/home/other/out/model.ckpt-30"')
  with pytest.raises(
    FileNotFoundError, match=r"'checkpoint' names /home/other"
  ):
    checkpoint_prefix.find(tmp_path)
