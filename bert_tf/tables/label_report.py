"""What is told of labels that a file has: how often, and which look alike."""

import collections
from collections.abc import Iterable, Sequence

from absl import logging

_SHOWN = 20


def variants(labels: Iterable[str]) -> list[list[str]]:
  """Labels that differ by white space or case alone, sorted."""
  alike: dict[str, set[str]] = {}
  for label in labels:
    alike.setdefault(label.strip().casefold(), set()).add(label)
  found = (sorted(names) for names in alike.values())
  return sorted(names for names in found if len(names) > 1)


def warn_of_variants(path: str, found: Iterable[Sequence[str]]) -> None:
  """Warns of labels that are probably meant to be one.

  Args:
    path: The file that they are of.
    found: As of `variants`.
  """
  for names in found:
    shown = ", ".join(map(repr, names))
    kept = sorted({name.strip() for name in names})
    if len(kept) == 1:
      logging.warning(
        "%s: the labels %s differ by white space or case alone; white space is "
        "stripped, and they are one label, %r",
        path,
        shown,
        kept[0],
      )
    else:
      logging.warning(
        "%s: the labels %s differ by white space or case alone, and are %d "
        "labels: %s. If one is meant, write it in one way in all files; if "
        "not, this is no error",
        path,
        shown,
        len(kept),
        ", ".join(map(repr, kept)),
      )


def tell_counts(path: str, labels: Sequence[str], found: Iterable[str]) -> None:
  """Logs how often each label occurs; warns of those that never do.

  Args:
    path: The file that they are of.
    labels: All labels there are.
    found: One for each occurrence.
  """
  counts = collections.Counter(found)
  order = sorted(labels, key=lambda label: -counts[label])
  shown = order if len(order) <= _SHOWN else order[: _SHOWN - 1]
  text = ", ".join(f"{label} {counts[label]}" for label in shown)
  if len(shown) < len(order):
    text += f", {len(order) - len(shown)} more, least {order[-1]} "
    text += str(counts[order[-1]])
  logging.info("%s: %d labels: %s", path, counts.total(), text)
  missing = [label for label in labels if not counts[label]]
  if missing:
    logging.warning(
      "%s: no example has the label %s",
      path,
      ", ".join(map(repr, missing[:_SHOWN])),
    )
