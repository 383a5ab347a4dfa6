"""How labels mark entities, and the one form in which these are scored.

A label is a position and a type: `B-PER`, `B_PER`, `PER-B`. Positions are those
of BIO1 (B only between neighbours of one type), BIO2 (B begins each entity),
BIOES (E ends it, S is one word; M for I and W for S are known) or BILOU (L ends
it, U is one word). All are scored as B, I, E, S by seqeval, as the script
conlleval has it: of labels that do not follow one another, none is lost.
"""

import collections
import dataclasses
import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from absl import logging

AUTO, NONE = "auto", "none"
BIO1, BIO2, BIOES, BILOU = "BIO1", "BIO2", "BIOES", "BILOU"
SCHEMES = (AUTO, BIO1, BIO2, BIOES, BILOU, NONE)
OUTSIDE = "O"
_OUTSIDES = (OUTSIDE, "-")
_CANONICAL = {"B": "B", "I": "I", "M": "I"} | dict.fromkeys("EL", "E")
_CANONICAL |= dict.fromkeys("SUW", "S")
_LETTERS = {BIO1: "BI", BIO2: "BI", BIOES: "BIESMW", BILOU: "BILU"}
_FORMS = {
  "prefix": re.compile("(?P<at>[BIESLUMW])(?P<by>[-_])(?P<type>.+)"),
  "suffix": re.compile("(?P<type>.+)(?P<by>[-_])(?P<at>[BIESLUMW])"),
}
_BARE = re.compile("(?P<at>[BIESLUMW])")
_TYPELESS = "entity"


@dataclasses.dataclass(frozen=True)
class LabelScheme:
  """How the labels of a tagger mark entities.

  Attributes:
    name: One of `SCHEMES`, not "auto"; "none" where they mark none.
    canonical: By label, what seqeval is given: O, or B, I, E, S, and with a
      dash the type, if it has one.
    reason: Why there are no entities; else empty.
  """

  name: str
  canonical: Mapping[str, str] = dataclasses.field(default_factory=dict)
  reason: str = ""

  @property
  def has_entities(self) -> bool:
    """Whether entities can be scored."""
    return self.name != NONE

  def of_sentence(self, labels: Iterable[str]) -> list[str]:
    """The canonical labels of a sentence.

    A position without a type, as of `B_PS I I`, has that of the word before.
    """
    found, type_before = [], ""
    for label in labels:
      position, _, kind = self.canonical[label].partition("-")
      kind = kind or type_before
      if position == OUTSIDE or not kind:
        position = OUTSIDE
        kind = ""
      found.append(f"{position}-{kind}" if kind else position)
      type_before = kind
    return found


def find(
  labels: Collection[str],
  sentences: Iterable[Sequence[str]] = (),
  wanted: str = AUTO,
) -> LabelScheme:
  """Finds the scheme of labels.

  Args:
    labels: All labels there are.
    sentences: Labels of each word of each sentence, to tell BIO1 from BIO2.
    wanted: One of `SCHEMES`; other than "auto", labels are checked.

  Raises:
    ValueError: Labels are not of the scheme that is wanted, or are of two.
  """
  if wanted == NONE:
    return LabelScheme(NONE, reason="label_scheme=none asks for none")
  marks = [label for label in labels if label not in _OUTSIDES]
  form, parsed = _parse(marks)
  odd = [label for label in marks if label not in parsed]
  if odd or not marks:
    return _without_entities(wanted, marks, odd)
  separators = {found["by"] for found in parsed.values() if "by" in found}
  if len(separators) > 1:
    raise ValueError(
      f"labels mark entities both with - and with _: {', '.join(labels)}; "
      "write them in one way, or give --label_scheme=none to score words only"
    )
  letters = {found["at"] for found in parsed.values()}
  name = _name(letters, labels) if wanted == AUTO else wanted
  wrong = sorted(letters - set(_LETTERS[name]))
  if wrong:
    at_fault = [x for x in marks if parsed[x]["at"] in wrong]
    raise ValueError(
      f"label_scheme={name} has no position {wrong[0]}, as in {at_fault[0]!r}; "
      f"give one of {', '.join(SCHEMES)}"
    )
  has_types = any("type" in found for found in parsed.values())
  canonical = dict.fromkeys(_OUTSIDES, OUTSIDE)
  for label, found in parsed.items():
    kind = found.get("type", "" if has_types else _TYPELESS)
    position = _CANONICAL[found["at"]]
    canonical[label] = f"{position}-{kind}" if kind else position
  scheme = LabelScheme(name, canonical)
  if _LETTERS[name] == "BI":
    scheme = _of_sequences(scheme, sentences, wanted)
  logging.info(
    "labels mark entities by %s%s",
    scheme.name,
    f", the position as a {form} with {separators.pop()}" if separators else "",
  )
  return scheme


def _parse(
  marks: Sequence[str],
) -> tuple[str, dict[str, dict[str, str]]]:
  """The parts of labels, read in the form that fits more of them."""
  read = {}
  for form, pattern in _FORMS.items():
    matches = {x: pattern.fullmatch(x) or _BARE.fullmatch(x) for x in marks}
    read[form] = {x: m.groupdict() for x, m in matches.items() if m}
  form = max(read, key=lambda each: len(read[each]))
  return form, read[form]


def _without_entities(
  wanted: str, marks: Sequence[str], odd: Sequence[str]
) -> LabelScheme:
  if wanted != AUTO:
    shown = f", as {odd[0]!r}" if odd else ""
    raise ValueError(
      f"label_scheme={wanted}, but labels mark no entities{shown}: expected "
      "such as B-PER, B_PER or PER-B"
    )
  reason = "the labels mark no entities, such as B-PER, B_PER or PER-B would"
  if odd:
    reason += f": {', '.join(map(repr, odd[:3]))}"
  if 2 * len(odd) < len(marks):
    logging.warning(
      "%d of %d labels mark entities, but %s do not; entities are not scored. "
      "Correct these labels, if that is a mistake",
      len(marks) - len(odd),
      len(marks),
      ", ".join(map(repr, odd[:3])),
    )
  return LabelScheme(NONE, reason=reason)


def _name(letters: Collection[str], labels: Collection[str]) -> str:
  of_bioes = sorted(set(letters) & set("ESMW"))
  of_bilou = sorted(set(letters) & set("LU"))
  if of_bioes and of_bilou:
    raise ValueError(
      f"labels have the positions {', '.join(of_bioes)} of BIOES and "
      f"{', '.join(of_bilou)} of BILOU: {', '.join(labels)}; write them in one "
      "of the two, or give --label_scheme=none to score words only"
    )
  return BIOES if of_bioes else BILOU if of_bilou else BIO2


def _of_sequences(
  scheme: LabelScheme, sentences: Iterable[Sequence[str]], wanted: str
) -> LabelScheme:
  """Tells BIO1 from BIO2 by where entities begin; warns if they are mixed."""
  begins: collections.Counter[str] = collections.Counter()
  for labels in sentences:
    known = scheme.of_sentence(labels)
    for before, label in itertools.pairwise([OUTSIDE, *known]):
      position, _, kind = label.partition("-")
      is_same = before != OUTSIDE and before.partition("-")[2] == kind
      if position == "I" and not is_same:
        begins[BIO1] += 1
      elif position == "B" and not is_same:
        begins[BIO2] += 1
  if wanted == AUTO and begins[BIO1] and not begins[BIO2]:
    return dataclasses.replace(scheme, name=BIO1)
  other = BIO2 if scheme.name == BIO1 else BIO1
  if begins[other]:
    logging.warning(
      "labels are not all of %s: %d entities begin with I and %d with B; those "
      "that begin with I are scored as entities, too",
      scheme.name,
      begins[BIO1],
      begins[BIO2],
    )
  return scheme
