"""How close an answer is to a right one: in words, characters, or a mix.

Each is the rule of an official script, written anew:

- words: SQuAD's, evaluate-v1.1.py and evaluate-v2.0.py.
- characters: KorQuAD's, evaluate-v1.0.py.
- mixed: CMRC 2018's, cmrc2018_evaluate.py. DRCD, which has no script of its
  own, is scored by this one, too.
"""

import collections
import dataclasses
import re
import string
from collections.abc import Callable, Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
# What KorQuAD's script makes a space before punctuation is taken out.
_QUOTES = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
# What CMRC's script takes out: single characters, so never its "……".
_CMRC_PUNCTUATION = frozenset(
  "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"
)
_IDEOGRAPH = re.compile("[\u4e00-\u9fa5]")


@dataclasses.dataclass(frozen=True)
class Measure:
  """A way to compare an answer with a right one.

  Attributes:
    name: As of `--score_by`.
    source: Whose rules these are.
    normalize: What is compared for an exact match.
    units: What is counted for F1.
    common: How many units two answers have in common.
  """

  name: str
  source: str
  normalize: Callable[[str], str]
  units: Callable[[str], list[str]]
  common: Callable[[Sequence[str], Sequence[str]], int]

  def exact(self, prediction: str, gold: str) -> float:
    """1 if both are the same when normalized, else 0."""
    return float(self.normalize(prediction) == self.normalize(gold))

  def f1(self, prediction: str, gold: str) -> float:
    """The harmonic mean of precision and recall in units."""
    found, wanted = self.units(prediction), self.units(gold)
    same = self.common(found, wanted)
    if not same:
      return 0.0
    precision, recall = same / len(found), same / len(wanted)
    return 2 * precision * recall / (precision + recall)

  def f1_with_null(self, prediction: str, gold: str) -> float:
    """F1 of SQuAD 2.0: nothing at all is right where nothing is wanted."""
    if not self.units(prediction) or not self.units(gold):
      return self.exact(prediction, gold)
    return self.f1(prediction, gold)


def normalize_words(text: str) -> str:
  """Lower case, without ASCII punctuation, articles and spare white space."""
  text = text.lower().translate(_PUNCTUATION)
  return " ".join(_ARTICLES.sub(" ", text).split())


def normalize_korquad(text: str) -> str:
  """Lower case, quotes made spaces, without ASCII punctuation."""
  text = text.translate(_QUOTES).lower().translate(_PUNCTUATION)
  return " ".join(text.split())


def normalize_cmrc(text: str) -> str:
  """Lower case, without some punctuation; white space inside stays."""
  return "".join(
    char for char in text.lower().strip() if char not in _CMRC_PUNCTUATION
  )


def mixed_units(text: str) -> list[str]:
  """Ideographs one by one, and the words of what stands between them."""
  units: list[str] = []
  between = ""
  for char in normalize_cmrc(text):
    if _IDEOGRAPH.match(char):
      units += [*latin_words(between), char]
      between = ""
    else:
      between += char
  return units + latin_words(between)


# The Penn Treebank's way to split English, as far as it matters in an answer.
_APART = (
  re.compile(r"(\.{2,}|--|[;@#$%&?!()\[\]{}<>\"–—«»“‘„])"),
  re.compile(r"([,:])(?![0-9])"),  # not within a number
  re.compile(r"(?<=[^.\s])(\.)(?=[\s)\]}>\"']*$)"),  # the last full stop
  re.compile(r"('(?:s|m|d|ll|re|ve)?)(?=\s|$)"),
  re.compile(r"(n't)(?=\s|$)"),
  re.compile(r"(?<=\bcan)(not)\b"),
  re.compile(r"(?:(?<=\bgon)|(?<=\bwan))(na)\b"),
  re.compile(r"(?<=\bgot)(ta)\b"),
)


def latin_words(text: str) -> list[str]:
  """Words and signs of a text in lower case."""
  for pattern in _APART:
    text = pattern.sub(r" \1 ", text)
  return text.split()


def shared(found: Sequence[str], wanted: Sequence[str]) -> int:
  """How many units both have, in whatever order."""
  both = collections.Counter(found) & collections.Counter(wanted)
  return both.total()


def longest_run(found: Sequence[str], wanted: Sequence[str]) -> int:
  """The length of the longest run of units that both have."""
  longest = 0
  before = [0] * (len(wanted) + 1)  # of runs that end at each place
  for unit in found:
    row = [0] * (len(wanted) + 1)
    for place, other in enumerate(wanted):
      if unit == other:
        row[place + 1] = before[place] + 1
    longest = max(longest, *row)
    before = row
  return longest


MEASURES = {
  measure.name: measure
  for measure in (
    Measure(
      "words",
      "SQuAD's rules",
      normalize_words,
      lambda text: normalize_words(text).split(),
      shared,
    ),
    Measure(
      "characters",
      "KorQuAD's rules",
      normalize_korquad,
      lambda text: list(normalize_korquad(text).replace(" ", "")),
      shared,
    ),
    Measure("mixed", "CMRC's rules", normalize_cmrc, mixed_units, longest_run),
  )
}
WORDS = MEASURES["words"]
