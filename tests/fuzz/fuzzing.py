"""Damages a reader's files many times, and counts what came of it."""

import collections
import pathlib
import re
import tempfile
import time

import hypothesis
from absl import logging
from hypothesis import strategies as st

from tests.fuzz import mutations, outcomes, targets


class WrongError(AssertionError):
  """A damaged file was read silently, or refused without its name."""


def examples(target):
  """Damaged copies of a target's files: the name of one, and its bytes."""
  return st.sampled_from(target.damageable).flatmap(
    lambda name: st.tuples(
      st.just(name), mutations.of_file(name, target.good[name])
    )
  )


def try_one(target, name, data):
  """What becomes of a folder in which that file has those bytes."""
  with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
    path = pathlib.Path(folder)
    target.fill(path, **{name: data})
    before = logging.get_verbosity()
    logging.set_verbosity(logging.FATAL)
    try:
      return outcomes.judge(target, path)
    finally:
      logging.set_verbosity(before)


def run(target, count, seed=0, sees=None):
  """Tries `count` damaged files; raises `WrongError` for the simplest wrong.

  Args:
    target: What reads.
    count: How many.
    seed: Other ones for each.
    sees: Told of each; where it is given nothing is raised.
  """
  @hypothesis.seed(seed)
  @hypothesis.settings(
    max_examples=count,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
  )
  @hypothesis.given(examples(target))
  def tried(example):
    outcome = try_one(target, *example)
    if sees:
      sees(*example, outcome)
    elif not outcome.is_right:
      raise WrongError(f"{target.name}: {example[0]}: {outcome.told}")

  tried()


def _kind_of(outcome):
  """What is wrong, without the numbers and paths in it."""
  return re.sub(r"/\S+|\d+", "", outcome.told)[:60]


def run_for(target, seconds, first_seed=0):
  """Counts outcomes for some seconds.

  Returns:
    A Counter of kinds, and of each different wrong message an example.
  """
  counts = collections.Counter()
  wrong = {}

  def sees(name, data, outcome):
    counts[outcome.kind] += 1
    if not outcome.is_right:
      wrong.setdefault((name, _kind_of(outcome)), (outcome, data))

  end = time.monotonic() + seconds
  seed = first_seed
  while time.monotonic() < end:
    run(target, 100, seed, sees)
    seed += 1
  return counts, wrong
