"""A short run of each target: `make fuzz` is the long one."""

import pytest
import tensorflow as tf

from tests.fuzz import fuzzing, outcomes, targets

QUICK = [target for target in targets.TARGETS if not target.is_slow]


@pytest.mark.parametrize("target", QUICK, ids=lambda x: x.name)
def test_damage_is_named(target):
  fuzzing.run(target, 60)


@pytest.mark.parametrize("target", QUICK, ids=lambda x: x.name)
def test_good_files_are_read(target, tmp_path):
  target.fill(tmp_path)
  outcome = outcomes.judge(target, tmp_path)
  assert outcome.kind == outcomes.READ, outcome.told


def test_what_is_read_silently_is_seen(tmp_path):
  numbers = iter(range(9))
  target = targets.Target(
    "blind",
    lambda folder: None,
    lambda folder: next(numbers),
    agrees=outcomes.same,
  )
  assert outcomes.judge(target, tmp_path).kind == outcomes.SILENT


@pytest.mark.parametrize(
  "error", [ValueError("no"), tf.errors.DataLossError(None, None, "{folder}")]
)
def test_what_does_not_name_the_file_is_seen(tmp_path, error):
  def read(folder):
    raise error

  target = targets.Target("lost", lambda folder: None, read)
  assert outcomes.judge(target, tmp_path).kind == outcomes.UNNAMED
