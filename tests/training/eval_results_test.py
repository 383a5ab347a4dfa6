"""eval_results.txt and the lines of progress."""

import pytest

from bert_tf.training import eval_results, progress_log, run_duration


def test_results_are_written_as_the_original_does(tmp_path, testdata):
  want = (testdata / "pretraining_eval" / "eval_results.txt").read_text()
  values = {}
  for line in reversed(want.splitlines()):
    name, _, value = line.partition(" = ")
    values[name] = int(value) if name == "global_step" else float(value)
  path = eval_results.write(str(tmp_path / "new"), values)
  with open(path) as file:
    assert file.read() == want


@pytest.mark.parametrize(
  "seconds, text", [(0, "0:00:00"), (59.6, "0:01:00"), (3725, "1:02:05")]
)
def test_duration(seconds, text):
  assert run_duration.text(seconds) == text


def test_progress_line():
  line = progress_log.progress_line(50, 100, {"loss": 1.23456}, per_second=5)
  assert line == "step 50/100, loss 1.235, 0:00:10 left"
