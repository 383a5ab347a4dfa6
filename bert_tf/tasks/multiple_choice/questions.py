"""A question: a text, and choices of which one goes with it."""

from collections.abc import Sequence
from typing import NamedTuple

_BLANK = "_"


class Question(NamedTuple):
  """A question.

  Attributes:
    place: Where it stands, for messages: the file and the line.
    context: The first text of each sequence.
    choices: The second texts, at least two.
    label: The number of the right one, from 0; None where it is not read.
  """

  place: str
  context: str
  choices: tuple[str, ...]
  label: int | None


def after(question: str, endings: Sequence[str]) -> tuple[str, ...]:
  """Each ending after the question; alone if there is no question."""
  return tuple(f"{question} {ending}".strip() for ending in endings)


def filled(question: str, endings: Sequence[str]) -> tuple[str, ...]:
  """As `after`; in a question with a blank, an ending takes its place.

  The blank of RACE is `_`, one or several in a row.
  """
  if _BLANK not in question:
    return after(question, endings)
  before, _, rest = question.partition(_BLANK)
  return tuple(
    f"{before}{ending}{rest.lstrip(_BLANK)}".strip() for ending in endings
  )
