"""A few of the faults of `python -m tests.faults`, and the counting of them."""

import pytest

from tests.faults import faults, small_commands, tally


def test_a_table():
  counts = tally.Tally()
  assert not counts.is_clean()
  counts.add("killed x", tally.SURVIVED)
  assert counts.is_clean()
  counts.add("killed x", tally.LOST, "gone")
  assert not counts.is_clean()
  assert counts.notes == ["killed x: lost: gone"]
  assert [row.split() for row in counts.table().splitlines()] == [
    ["kind", "tried", "survived", "silent", "unnamed", "lost"],
    ["killed", "x", "2", "1", "0", "0", "1"],
    ["together", "2", "1", "0", "0", "1"],
  ]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
  return faults.Bench(tmp_path_factory.mktemp("faults"), tally.Tally())


@pytest.mark.parametrize("name", ["create_pretraining_data", "build_vocab"])
def test_files(bench, name):
  command = small_commands.COMMANDS[name]
  bench.kill(command, 2)
  bench.end(command)
  bench.fill(command)
  bench.pair(command)
  assert bench.counts.is_clean(), bench.counts.notes


def test_a_training(bench):
  command = small_commands.COMMANDS["run_tagger"]
  bench.kill(command, 1)
  bench.pair(command)
  bench.fill(command)
  assert bench.counts.is_clean(), bench.counts.notes
