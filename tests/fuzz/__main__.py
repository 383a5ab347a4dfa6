"""Fuzzes every reader and rule for some time, and prints tables.

`python -m tests.fuzz [SECONDS [NAME ...]]`; the time is for each.
"""

import sys

import bert_tf  # noqa: F401  before TensorFlow, for its Keras
from tests.fuzz import fuzzing, outcomes, rules, targets

_KINDS = (outcomes.READ, outcomes.REFUSED, outcomes.SILENT, outcomes.UNNAMED)


def _chosen(table, names):
  return [one for one in table if not names or one.name in names]


def _readers(seconds, names):
  """A line for each reader; returns what was wrong, as text."""
  wrong_texts = []
  print(f"| reader | tried | {' | '.join(_KINDS)} |")
  print(f"|---|{'---|' * (len(_KINDS) + 1)}")
  for target in _chosen(targets.TARGETS, names):
    counts, wrong = fuzzing.run_for(target, seconds)
    cells = [f"{counts[kind]:,}" for kind in _KINDS]
    total = f"{counts.total():,}"
    print(f"| {target.name} | {total} | {' | '.join(cells)} |", flush=True)
    for (file, _), (outcome, data) in wrong.items():
      wrong_texts.append(
        f"{target.name}: {file}: {outcome.kind}: {outcome.told}\n"
        f"  {data[:200]!r}"
      )
  return wrong_texts


def _rules(seconds, names):
  """A line for each rule; returns what differed, as text."""
  wrong_texts = []
  print("\n| rule | tried | differed |\n|---|---|---|")
  for rule in _chosen(rules.RULES, names):
    tried, differing = fuzzing.compare_for(rule, seconds)
    print(f"| {rule.name} | {tried:,} | {len(differing):,} |", flush=True)
    wrong_texts += [f"{rule.name}: {given!r}" for given in differing[:3]]
  return wrong_texts


def main(arguments):
  """Prints the tables, then what was wrong; returns the exit status."""
  seconds = float(arguments[0]) if arguments else 120
  names = arguments[1:]
  wrong = _readers(seconds, names) + _rules(seconds, names)
  for text in wrong:
    print(f"\n{text}")
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
