"""The head of a task in checkpoints."""

import numpy as np
import pytest

from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.training import task_head


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
  reader = checkpoint_reader.Reader(path)
  task_head.TaskHead(2).check(reader, 4)
  with pytest.raises(ValueError, match=r"\[3, 4\], found one of shape \[2, 4"):
    task_head.TaskHead(3).check(reader, 4)
  for scope, message in (
    ("other/", r"'other/output_weights' of shape \[2, 4\], found none"),
    ("half/", r"-1: .* 'half/output_bias' of shape \[2\], found none"),
    ("odd/", r"'odd/output_bias' of shape \[2\], found one of shape \[2, 4\]"),
  ):
    with pytest.raises(ValueError, match=message):
      task_head.TaskHead(2, scope).check(reader, 4)
