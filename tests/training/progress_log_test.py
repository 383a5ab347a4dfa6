"""What a run shows while it goes, by a clock of the test's own."""

import itertools

import pytest
from absl import logging

from bert_tf.training import progress_log


@pytest.fixture
def said(monkeypatch):
  lines = []
  monkeypatch.setattr(
    logging, "info", lambda text, *args: lines.append(text % args)
  )
  return lines


class Clock:
  def __init__(self):
    self.now = 100.0

  def __call__(self):
    return self.now


def run(said, seconds_a_step, steps, first=0, log_steps=10**9):
  """Trains by the clock, as the loop does; returns the steps of the looks."""
  clock = Clock()
  shown = progress_log.Progress(None, steps, 8, clock)
  shown.start(first)
  step, looks = first, []
  while step < steps:
    count = min(shown.steps_until_look(), steps - step, log_steps)
    clock.now += count * seconds_a_step
    step += count
    looks.append(step)
    shown.count(step, 50.0 * count)
    if step % log_steps == 0 or step == steps:
      shown.report(step, {"loss": 0.5})
    else:
      shown.look(step)
  shown.close()
  return looks


def test_the_first_step_is_shown(said):
  run(said, 2.0, 100)
  assert said[0] == "compiling: the first steps take longer"
  assert said[1] == ("step 1/100, examples/s 4, tokens/s 25, 0:03:18 left")


def test_then_a_line_in_ten_seconds_or_more(said):
  run(said, 2.0, 60)
  steps = [int(x.split("/")[0].split()[1]) for x in said[1:]]
  assert steps[:5] == [1, 6, 11, 16, 21]
  assert steps[-1] == 60
  assert all(b - a >= 5 for a, b in itertools.pairwise(steps[:-1]))
  assert said[-1] == (
    "step 60/60, loss 0.5, examples/s 4, tokens/s 25, 0:00:00 left"
  )


def test_a_day_has_few_lines(said):
  run(said, 1.0, 86_400)
  assert len(said) < 45


def test_quick_steps_come_back_to_the_host_now_and_then(said):
  looks = run(said, 0.001, 100_000)
  assert len(looks) < 30


def test_a_report_is_no_second_line(said):
  run(said, 20.0, 4, log_steps=1)
  assert len(said) == 1 + 4


def test_a_resumed_run_counts_its_own_steps(said):
  run(said, 2.0, 60, first=50)
  assert said[1] == "step 51/60, examples/s 4, tokens/s 25, 0:00:18 left"
