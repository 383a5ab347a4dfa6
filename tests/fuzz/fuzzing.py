"""Damages a reader's files many times, and counts what came of it."""

import collections
import pathlib
import re
import tempfile
import time

import hypothesis
from absl import logging
from hypothesis import strategies as st

from tests.fuzz import mutations, outcomes

_AT_ONCE = 100


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


def run(target, count):
  """Tries `count` damaged files, the same each time.

  Raises:
    WrongError: One was read to something else, or refused without its name;
      hypothesis shows the simplest one.
  """

  def tried(example):
    outcome = try_one(target, *example)
    if not outcome.is_right:
      raise WrongError(f"{target.name}: {example[0]}: {outcome.told}")

  _each(examples(target), count, 0, tried)


def _each(strategy, count, seed, function):
  """Calls a function with `count` examples."""

  @hypothesis.seed(seed)
  @hypothesis.settings(
    max_examples=count,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
  )
  @hypothesis.given(strategy)
  def called(example):
    function(example)

  called()


def _each_for(strategy, seconds, function):
  """Calls a function with new examples for some seconds."""
  end = time.monotonic() + seconds
  seed = 1
  while time.monotonic() < end:
    _each(strategy, _AT_ONCE, seed, function)
    seed += 1


def run_for(target, seconds):
  """Counts outcomes for some seconds.

  Returns:
    A Counter of kinds, and of each different wrong message an example.
  """
  counts = collections.Counter()
  wrong = {}

  def tried(example):
    name, data = example
    outcome = try_one(target, name, data)
    counts[outcome.kind] += 1
    if not outcome.is_right:
      wrong.setdefault((name, _kind_of(outcome)), (outcome, data))

  _each_for(examples(target), seconds, tried)
  return counts, wrong


def _kind_of(outcome):
  """What is wrong, without the numbers and paths in it."""
  return re.sub(r"/\S+|\d+", "", outcome.told)[:60]


def compare_for(rule, seconds):
  """Compares both ways of a rule for some seconds.

  Returns:
    How many were compared, and for which they differ.
  """
  counts = collections.Counter()
  differing = []

  def tried(given):
    counts["tried"] += 1
    if rule.ours(given) != rule.plain(given):
      differing.append(given)

  _each_for(rule.given, seconds, tried)
  return counts["tried"], differing
