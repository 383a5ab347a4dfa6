"""Whose an output folder is."""

import numpy as np
import pytest

from bert_tf.checkpoints import saver
from bert_tf.training import output_folder

TASK = {"task": "cola", "labels": ["0", "1"]}


def test_a_claim_holds_for_its_task_alone(tmp_path):
  folder = str(tmp_path / "new")
  output_folder.check(folder, TASK)
  assert output_folder.read(folder) == {}
  assert not (tmp_path / "new").exists()
  output_folder.claim(folder, TASK)
  output_folder.check(folder, TASK)
  assert output_folder.read(folder) == TASK
  with pytest.raises(ValueError, match="in use by another task") as error:
    output_folder.check(folder, TASK | {"labels": ["1", "0"]})
  assert "new/task.json" in str(error.value)
  assert '["0", "1"]' in str(error.value)


@pytest.mark.parametrize("text", ['{"task"', "[1]"])
def test_damaged(tmp_path, text):
  (tmp_path / "task.json").write_text(text)
  with pytest.raises(ValueError, match=r"task\.json is damaged"):
    output_folder.check(str(tmp_path), TASK)


def test_the_head_of_a_checkpoint(tmp_path):
  path = str(tmp_path / "model.ckpt-1")
  weights, bias = np.zeros([2, 4], np.float32), np.zeros([2], np.float32)
  saver.save(
    {
      "output_weights": weights,
      "output_bias": bias,
      "half/output_weights": weights,
      "odd/output_weights": weights,
      "odd/output_bias": weights,
    },
    path,
  )
  output_folder.check_head(path, "", (2, 4))
  with pytest.raises(ValueError, match=r"\[3, 4\], found one of shape \[2, 4"):
    output_folder.check_head(path, "", (3, 4))
  for scope, message in (
    ("other/", r"'other/output_weights' of shape \[2, 4\], found none"),
    ("half/", r"-1: .* 'half/output_bias' of shape \[2\], found none"),
    ("odd/", r"'odd/output_bias' of shape \[2\], found one of shape \[2, 4\]"),
  ):
    with pytest.raises(ValueError, match=message):
      output_folder.check_head(path, scope, (2, 4))


def test_a_file(tmp_path):
  (tmp_path / "out").write_text("mine")
  with pytest.raises(NotADirectoryError, match=r"output_dir .*out is a file"):
    output_folder.check(str(tmp_path / "out"), TASK)
