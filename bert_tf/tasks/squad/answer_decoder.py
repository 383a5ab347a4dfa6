"""Scores of tokens to answers. Source: run_squad.py, `write_predictions`."""

import dataclasses
import json
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf import files
from bert_tf.tasks.squad import examples as features_lib
from bert_tf.tasks.squad import final_text, reader
from bert_tf.text import tokenizer_rules

PREDICTIONS = "predictions.json"
NBEST = "nbest_predictions.json"
NULL_ODDS = "null_odds.json"

# The original's start for the least null score. It is also the odds of a
# question for which no answer can be found but the null one.
NO_SCORE = 1_000_000.0


@dataclasses.dataclass(frozen=True)
class DecodingSettings:
  """How answers are chosen.

  Attributes:
    n_best_size: Starts and ends considered in a window, and answers listed.
    max_answer_length: Tokens of the longest answer.
    do_lower_case: As of the tokenizer.
    version_2_with_negative: Whether a question may have no answer.
    null_score_diff_threshold: A question is answered by nothing where that
      scores better than the best answer by more than this.
    verbose_logging: Whether to log answers that could not be aligned.
  """

  n_best_size: int = 20
  max_answer_length: int = 30
  do_lower_case: bool = True
  version_2_with_negative: bool = False
  null_score_diff_threshold: float = 0.0
  verbose_logging: bool = False

  def __post_init__(self) -> None:
    for name in ("n_best_size", "max_answer_length"):
      if getattr(self, name) < 1:
        raise ValueError(f"{name}={getattr(self, name)} is below 1")


class Span(NamedTuple):
  """A candidate: a span of tokens of one window; start 0 is no answer."""

  feature: int
  start: int
  end: int
  start_logit: float
  end_logit: float


@dataclasses.dataclass(frozen=True)
class Candidate:
  """One answer of a question; empty text is no answer."""

  text: str
  start_logit: float
  end_logit: float
  probability: float = 0.0


@dataclasses.dataclass(frozen=True)
class Decoded:
  """What is answered to one question.

  Attributes:
    answer: The text, empty for no answer.
    nbest: The best candidates, best first.
    best_text: The best answer that is not empty, or empty if there is none.
    null_odds: By how much no answer scores better than `best_text`; None
      unless a question may have no answer.
  """

  answer: str
  nbest: list[Candidate]
  best_text: str
  null_odds: float | None = None


def decode(
  examples: Sequence[reader.Example],
  features: Sequence[features_lib.Feature],
  start_logits: npt.NDArray[Any],
  end_logits: npt.NDArray[Any],
  settings: DecodingSettings,
  rules: tokenizer_rules.TokenizerRules | None = None,
) -> dict[str, Decoded]:
  """Chooses the answers of all questions.

  Args:
    examples: The questions.
    features: Their windows.
    start_logits: [N, S] in the order of the windows.
    end_logits: [N, S].
    settings: How to choose.
    rules: Of the tokenizer; the original's for `do_lower_case` if None.

  Returns:
    Answers by question id, in order.
  """
  of_example: list[list[int]] = [[] for _ in examples]
  for index, feature in enumerate(features):
    of_example[feature.example_index].append(index)
  rules = rules or tokenizer_rules.TokenizerRules.from_lower_case(
    settings.do_lower_case
  )
  project = final_text.FinalText(rules, settings.verbose_logging)
  decoded = {}
  for example, indices in zip(examples, of_example, strict=True):
    # Python's floats are exact copies of float32: sums are float64.
    spans, null = _spans(
      [features[i] for i in indices],
      start_logits[indices].tolist(),
      end_logits[indices].tolist(),
      settings,
    )
    if settings.version_2_with_negative:
      spans.append(null)
    spans.sort(key=_score, reverse=True)  # equals stay in order
    own = [features[i] for i in indices]
    nbest = _nbest(spans, example.context, own, project, settings.n_best_size)
    decoded[example.id] = _choose(nbest, null, settings)
  return decoded


def _score(span: Span | Candidate) -> float:
  return span.start_logit + span.end_logit


def best_indices(logits: Sequence[float], count: int) -> list[int]:
  """The places of the greatest values; the first of equals comes first."""
  order = np.argsort(-np.asarray(logits), kind="stable")
  return order[:count].tolist()


def _spans(
  features: Sequence[features_lib.Feature],
  start_logits: Sequence[Sequence[float]],
  end_logits: Sequence[Sequence[float]],
  settings: DecodingSettings,
) -> tuple[list[Span], Span]:
  """All candidates of a question in the original's order, and the null one."""
  spans: list[Span] = []
  null, null_score = Span(0, 0, 0, 0.0, 0.0), NO_SCORE
  for index, feature in enumerate(features):
    starts, ends = start_logits[index], end_logits[index]
    if starts[0] + ends[0] < null_score:
      null_score = starts[0] + ends[0]
      null = Span(index, 0, 0, starts[0], ends[0])
    best_ends = [
      end
      for end in best_indices(ends, settings.n_best_size)
      if end in feature.word_of_token
    ]
    for start in best_indices(starts, settings.n_best_size):
      if not feature.is_max_context.get(start, False):
        continue
      spans.extend(
        Span(index, start, end, starts[start], ends[end])
        for end in best_ends
        if start <= end < start + settings.max_answer_length
      )
  return spans, null


def _nbest(
  spans: Sequence[Span],
  context: reader.Context,
  features: Sequence[features_lib.Feature],
  project: final_text.FinalText,
  size: int,
) -> list[Candidate]:
  """The best spans as text, each text once."""
  seen = set()
  nbest: list[Candidate] = []
  for span in spans:
    if len(nbest) >= size:
      break
    text = ""
    if span.start > 0:
      text = _text(features[span.feature], span, context, project)
      if text in seen:
        continue
    seen.add(text)
    nbest.append(Candidate(text, span.start_logit, span.end_logit))
  return nbest


def _text(
  feature: features_lib.Feature,
  span: Span,
  context: reader.Context,
  project: final_text.FinalText,
) -> str:
  pieces = " ".join(feature.tokens[span.start : span.end + 1])
  pieces = " ".join(pieces.replace(" ##", "").replace("##", "").split())
  first = feature.word_of_token[span.start]
  last = feature.word_of_token[span.end]
  return project(pieces, " ".join(context.words[first : last + 1]))


def _choose(
  nbest: list[Candidate], null: Span, settings: DecodingSettings
) -> Decoded:
  with_null = settings.version_2_with_negative
  if with_null and all(candidate.text for candidate in nbest):
    nbest.append(Candidate("", null.start_logit, null.end_logit))
  if not nbest:
    nbest.append(Candidate("empty", 0.0, 0.0))
  probabilities = softmax([_score(candidate) for candidate in nbest])
  nbest = [
    dataclasses.replace(candidate, probability=probability)
    for candidate, probability in zip(nbest, probabilities, strict=True)
  ]
  best = next((candidate for candidate in nbest if candidate.text), None)
  best_text = best.text if best else ""
  if not with_null:
    return Decoded(nbest[0].text, nbest, best_text)
  if best is None:
    # A departure: the original crashes here, where no candidate has text.
    return Decoded("", nbest, "", NO_SCORE)
  odds = _score(null) - best.start_logit - best.end_logit
  is_null = odds > settings.null_score_diff_threshold
  return Decoded("" if is_null else best.text, nbest, best_text, odds)


def softmax(scores: Sequence[float]) -> list[float]:
  """Probabilities in float64."""
  most = max(scores)
  exponents = [math.exp(score - most) for score in scores]
  total = sum(exponents)
  return [exponent / total for exponent in exponents]


def contents(decoded: dict[str, Decoded]) -> Iterator[tuple[str, Any]]:
  """Names and contents of the original's output files."""
  yield PREDICTIONS, {key: x.answer for key, x in decoded.items()}
  nbest = {}
  for key, found in decoded.items():
    nbest[key] = [
      {
        "text": candidate.text,
        "probability": candidate.probability,
        "start_logit": candidate.start_logit,
        "end_logit": candidate.end_logit,
      }
      for candidate in found.nbest
    ]
  yield NBEST, nbest
  odds = {key: x.null_odds for key, x in decoded.items()}
  if None not in odds.values():
    yield NULL_ODDS, odds


def write(folder: str, decoded: dict[str, Decoded]) -> list[str]:
  """Writes the original's output files; returns their paths."""
  paths = []
  for name, content in contents(decoded):
    paths.append(os.path.join(folder, name))
    text = json.dumps(content, indent=4) + "\n"
    files.write_atomically(paths[-1], text.encode())
  return paths
