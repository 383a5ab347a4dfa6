"""Several trainings that differ by their seed, and how far they lie apart."""

import os
import statistics
from collections.abc import Callable, Mapping, Sequence

from absl import logging

from bert_tf.system import output_files

FILE = "trials.tsv"
_HEADER = ("metric", "mean", "std", "min", "max")

Results = Mapping[str, float]


def folder(output_dir: str, number: int) -> str:
  """Where a trial's files go; the first has the number 1."""
  return os.path.join(output_dir, f"trial_{number}")


def run(
  one_trial: Callable[[str, int], Results],
  output_dir: str,
  first_seed: int,
  count: int,
) -> dict[str, float]:
  """Runs trials in `output_dir/trial_N` and writes `trials.tsv`.

  Args:
    one_trial: Given a folder and a seed; returns its scores.
    output_dir: The output folder.
    first_seed: Of the first trial; the next has the next.
    count: Trials, from 2 up.

  Returns:
    The mean of each score.
  """
  found = []
  for index in range(count):
    seed = first_seed + index
    logging.info("trial %d of %d, seed %d", index + 1, count, seed)
    found.append(one_trial(folder(output_dir, index + 1), seed))
  table = summary(found)
  path = os.path.join(output_dir, FILE)
  output_files.write_atomically(path, table.encode())
  logging.info("%d trials, in %s:\n%s", count, path, table.rstrip())
  return {
    name: statistics.fmean(trial[name] for trial in found) for name in found[0]
  }


def summary(found: Sequence[Results], name_of_one: str = "trial") -> str:
  """A table: a line a metric, with the sample's standard deviation."""
  columns = [*_HEADER, *(f"{name_of_one}_{i + 1}" for i in range(len(found)))]
  lines = ["\t".join(columns)]
  for name in sorted(found[0]):
    values = [trial[name] for trial in found]
    numbers = (
      statistics.fmean(values),
      statistics.stdev(values),
      min(values),
      max(values),
      *values,
    )
    lines.append("\t".join([name, *(f"{value:.6g}" for value in numbers)]))
  return "\n".join([*lines, ""])
