"""Fuzzes every reader for some time, and prints a table.

`python -m tests.fuzz [SECONDS [TARGET ...]]`; the time is for each.
"""

import sys

import bert_tf  # noqa: F401  before TensorFlow, for its Keras
from tests.fuzz import fuzzing, outcomes, targets

_KINDS = (outcomes.READ, outcomes.REFUSED, outcomes.SILENT, outcomes.UNNAMED)


def main(arguments):
  """Prints a line for each target, then what was wrong."""
  seconds = float(arguments[0]) if arguments else 120
  chosen = arguments[1:] or list(targets.BY_NAME)
  print(f"| reader | tried | {' | '.join(_KINDS)} |")
  print(f"|---|{'---|' * (len(_KINDS) + 1)}")
  found = {}
  for name in chosen:
    counts, wrong = fuzzing.run_for(targets.BY_NAME[name], seconds)
    cells = [f"{counts[kind]:,}" for kind in _KINDS]
    print(f"| {name} | {counts.total():,} | {' | '.join(cells)} |", flush=True)
    found |= {(name, *where): what for where, what in wrong.items()}
  for (name, file, _), (outcome, data) in found.items():
    print(f"\n{name}: {file}: {outcome.kind}: {outcome.told}\n  {data[:200]!r}")
  return 1 if found else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
