"""What was tried, how often, and what came of it."""

import collections
import dataclasses
import sys

SURVIVED = "survived"
# Ways not to survive.
SILENT = "silent"  # a wrong or half result, and nothing was said
UNNAMED = "unnamed"  # an error that does not say what is wrong
LOST = "lost"  # work that was saved is gone, or a run that does not go on
_COLUMNS = ("tried", SURVIVED, SILENT, UNNAMED, LOST)


@dataclasses.dataclass
class Tally:
  """Counts outcomes by kind of fault."""

  counts: dict = dataclasses.field(
    default_factory=lambda: collections.defaultdict(collections.Counter)
  )
  notes: list = dataclasses.field(default_factory=list)

  def add(self, kind, outcome, note=""):
    """Counts one fault; what was not survived is noted."""
    self.counts[kind]["tried"] += 1
    self.counts[kind][outcome] += 1
    print(f"{kind}: {outcome}", file=sys.stderr, flush=True)
    if outcome != SURVIVED:
      self.notes.append(f"{kind}: {outcome}: {note}")

  def is_clean(self):
    """Whether everything was survived."""
    return bool(self.counts) and not self.notes

  def table(self):
    """Lines: kind, and the number of each outcome."""
    total = sum(self.counts.values(), collections.Counter())
    rows = [("kind", *_COLUMNS)]
    for kind, found in [*self.counts.items(), ("together", total)]:
      rows.append((kind, *(str(found[name]) for name in _COLUMNS)))
    width = max(len(row[0]) for row in rows)
    return "\n".join(
      row[0].ljust(width) + "".join(cell.rjust(10) for cell in row[1:])
      for row in rows
    )
