"""Pictures: read again, and looked at for the colours that must be there."""

import json

import numpy as np
import pytest
import tensorflow as tf
from matplotlib import colors, image

from bert_tf.commands import plot_curves
from tests.commands import running


def color_counts(path, *names):
  pixels = image.imread(path)[..., :3]
  return [
    int(np.all(np.abs(pixels - colors.to_rgb(name)) < 0.05, axis=-1).sum())
    for name in names
  ]


def write_events(folder, losses):
  with tf.summary.create_file_writer(str(folder)).as_default():
    for step, loss in enumerate(losses):
      tf.summary.scalar("loss", loss, step=step)


def test_curves_of_several_runs_side_by_side(tmp_path):
  for name, start in [("a_1", 3.0), ("a_2", 3.5), ("b_1", 9.0)]:
    write_events(tmp_path / name, [start, start - 1, start - 2])
  picture = tmp_path / "curves.png"
  flags = [f"--output_file={picture}", "--scalars=loss"]
  done = running.run(
    "plot_curves", f"--logdir=a={tmp_path}/a_*,b={tmp_path}/b_*", *flags
  )
  assert done.returncode == 0, done.stderr
  first, second, third = color_counts(picture, "C0", "C1", "C2")
  assert first > second > 0 and not third


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_what_is_whole_of_damaged_events_is_drawn(tmp_path, damage):
  write_events(tmp_path, [3.0, 2.0, 1.0])
  (path,) = tmp_path.glob("events.*")
  data = bytearray(path.read_bytes())
  if damage == "cut":
    del data[-10:]
  else:
    data[-10] ^= 1
  path.write_bytes(data)
  found = plot_curves.read_scalars(str(tmp_path))
  assert found == {"loss": {0: 3.0, 1: 2.0}}


def test_curves_that_are_not_there(tmp_path):
  flags = [f"--output_file={tmp_path / 'curves.png'}", "--scalars=accuracy"]
  write_events(tmp_path / "run", [1.0])
  done = running.run("plot_curves", f"--logdir={tmp_path}/run", *flags)
  running.assert_plain_error(done, "has no scalars accuracy; it has loss")
  done = running.run("plot_curves", f"--logdir={tmp_path}/runs", *flags)
  running.assert_plain_error(done, f"no folder is named {tmp_path}/runs")


def test_benchmark(tmp_path):
  rows = [
    {"contender": "bert_tf", "seconds": 1.0, "work": "B8 S128"},
    {"contender": "other", "seconds": 3.0, "work": "B8 S128"},
  ]
  path, picture = tmp_path / "rows.json", tmp_path / "bars.png"
  path.write_text(json.dumps(rows))
  done = running.run(
    "plot_benchmark", f"--json=forward={path}", f"--output_file={picture}"
  )
  assert done.returncode == 0, done.stderr
  ours, theirs = color_counts(picture, "C0", "0.7")
  assert 2 < theirs / ours < 4

  path.write_text(json.dumps([{"imports": 1.0}]))
  done = running.run(
    "plot_benchmark", f"--json={path}", f"--output_file={picture}"
  )
  running.assert_plain_error(done, "rows.json: found a row of imports")
