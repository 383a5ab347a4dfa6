import os
import time
import types

from bert_tf.commands import closing_block


def test_written_since_checkpoints_as_one_working_files_last(tmp_path):
  for name in (
    "checkpoint",
    "train.tf_record",
    "eval_results.txt",
    "model.ckpt-5.index",
    "model.ckpt-5.data-00000-of-00001",
    "old.txt",
  ):
    (tmp_path / name).touch()
  os.utime(tmp_path / "old.txt", (1, 1))
  (tmp_path / "best").mkdir()
  assert list(closing_block._written(str(tmp_path), time.time() - 60)) == [
    "best/",
    "eval_results.txt",
    "model.ckpt-5",
    "checkpoint",
    "train.tf_record",
  ]


def test_a_folder_elsewhere_is_not_looked_into(monkeypatch):
  told = []
  monkeypatch.setattr(
    closing_block.logging, "info", lambda text, *args: told.append(text % args)
  )
  monkeypatch.setattr(
    closing_block, "FLAGS", types.SimpleNamespace(output_dir="gs://bucket/out")
  )
  closing_block.Closing().say()
  assert told == ["done in 0:00:00; written to gs://bucket/out"]
