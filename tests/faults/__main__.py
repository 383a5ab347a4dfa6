"""As a program, `python -m tests.faults [SHARE [COMMAND ...]]`: prints a table.

With SHARE, such as 0.2, so much of the number of each. With names of commands,
of these alone; `workers` is what is done to several workers.
"""

import math
import pathlib
import sys
import tempfile

import bert_tf  # noqa: F401  before TensorFlow, for its Keras
from tests.faults import faults, lost_workers, small_commands, tally

# How often each fault happens to each command, or each training.
_KILLS = 8
_ENDS = 3
_FULL = 3
_PAIRS = 2
_DAMAGES = 8
_LOST_WORKERS = 2


def run(folder, share=1.0, names=()):
  """The faults; returns the `tally.Tally`."""
  counts = tally.Tally()
  bench = faults.Bench(folder, counts)

  def often(number):
    return range(math.ceil(share * number))

  for command in small_commands.COMMANDS.values():
    if names and command.name not in names:
      continue
    bench.kill(command, len(often(_KILLS)))
    for index in often(_ENDS):
      bench.end(command, ("SIGTERM", "SIGINT")[index % 2])
    for _ in often(_FULL):
      bench.fill(command)
    for _ in often(_PAIRS):
      bench.pair(command)
    for _ in often(_DAMAGES if command.trains else 0):
      bench.damage(command)
    print(counts.table(), *counts.notes, sep="\n", end="\n\n", flush=True)
  for index in often(_LOST_WORKERS if not names or "workers" in names else 0):
    lost_workers.lose(bench, index % 2)
  return counts


if __name__ == "__main__":
  with tempfile.TemporaryDirectory() as place:
    told = float(sys.argv[1]) if sys.argv[1:] else 1.0
    done = run(pathlib.Path(place), told, sys.argv[2:])
  print(*done.notes, done.table(), sep="\n")
  sys.exit(not done.is_clean())
