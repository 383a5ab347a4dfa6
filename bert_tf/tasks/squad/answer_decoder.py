"""Scores of tokens to answers. Source: run_squad.py, `write_predictions`."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.tasks.squad import answer_alignment, examples, reader, settings
from bert_tf.text import tokenizer_rules

# The original's start for the least null score. It is also the odds of a
# question for which no answer can be found but the null one.
NO_SCORE = 1_000_000.0


class Span(NamedTuple):
  """A candidate: a span of tokens of one window; start 0 is no answer."""

  window: int
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
class SpanAnswer:
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
  questions: Sequence[reader.Example],
  windows: Sequence[examples.Window],
  start_logits: npt.NDArray[Any],
  end_logits: npt.NDArray[Any],
  decoding: settings.DecodingSettings,
  rules: tokenizer_rules.TokenizerRules | None = None,
) -> dict[str, SpanAnswer]:
  """Chooses the answers of all questions.

  Args:
    questions: The questions.
    windows: Their windows.
    start_logits: [N, S] in the order of the windows.
    end_logits: [N, S].
    decoding: How to choose.
    rules: Of the tokenizer; the original's for `do_lower_case` if None.

  Returns:
    Answers by question id, in order.
  """
  of_question: list[list[int]] = [[] for _ in questions]
  for index, window in enumerate(windows):
    of_question[window.example_index].append(index)
  rules = rules or tokenizer_rules.TokenizerRules.from_lower_case(
    decoding.do_lower_case is not False
  )
  alignment = decoding.answer_alignment or settings.ORIGINAL
  align = answer_alignment.ALIGNERS[alignment](rules, decoding.verbose_logging)
  decoded = {}
  for question, indices in zip(questions, of_question, strict=True):
    own = [windows[i] for i in indices]
    # Python's floats are exact copies of float32: sums are float64.
    spans, null = _spans(
      own,
      start_logits[indices].tolist(),
      end_logits[indices].tolist(),
      decoding,
    )
    if decoding.version_2_with_negative:
      spans.append(null)
    spans.sort(key=_score, reverse=True)  # equals stay in order
    nbest = _nbest(spans, own, align, decoding.n_best_size)
    decoded[question.id] = _choose(nbest, null, decoding)
  return decoded


def _score(span: Span | Candidate) -> float:
  return span.start_logit + span.end_logit


def best_indices(logits: Sequence[float], count: int) -> list[int]:
  """The places of the greatest values; the first of equals comes first."""
  order = np.argsort(-np.asarray(logits), kind="stable")
  return order[:count].tolist()


def best_span(
  windows: Sequence[examples.Window],
  start_logits: Sequence[Sequence[float]],
  end_logits: Sequence[Sequence[float]],
  decoding: settings.DecodingSettings,
) -> tuple[Span | None, float]:
  """The best candidate of one question, and the score of no answer.

  Args:
    windows: Its windows; none for a context without tokens.
    start_logits: A row for each.
    end_logits: A row for each.
    decoding: How to choose.

  Returns:
    None for no candidate; `NO_SCORE` where there is no window.
  """
  spans, null = _spans(windows, start_logits, end_logits, decoding)
  best = max(spans, key=_score, default=None)  # the first of equals
  return best, _score(null) if windows else NO_SCORE


def _spans(
  windows: Sequence[examples.Window],
  start_logits: Sequence[Sequence[float]],
  end_logits: Sequence[Sequence[float]],
  decoding: settings.DecodingSettings,
) -> tuple[list[Span], Span]:
  """All candidates of a question in the original's order, and the null one."""
  spans: list[Span] = []
  null, null_score = Span(0, 0, 0, 0.0, 0.0), NO_SCORE
  for index, window in enumerate(windows):
    starts, ends = start_logits[index], end_logits[index]
    if starts[0] + ends[0] < null_score:
      null_score = starts[0] + ends[0]
      null = Span(index, 0, 0, starts[0], ends[0])
    best_ends = [
      end
      for end in best_indices(ends, decoding.n_best_size)
      if end in window.word_of_token
    ]
    for start in best_indices(starts, decoding.n_best_size):
      if not window.is_max_context.get(start, False):
        continue
      spans.extend(
        Span(index, start, end, starts[start], ends[end])
        for end in best_ends
        if start <= end < start + decoding.max_answer_length
      )
  return spans, null


def _nbest(
  spans: Sequence[Span],
  windows: Sequence[examples.Window],
  align: answer_alignment.Align,
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
      text = align(windows[span.window], span.start, span.end)
      if text in seen:
        continue
    seen.add(text)
    nbest.append(Candidate(text, span.start_logit, span.end_logit))
  return nbest


def _choose(
  nbest: list[Candidate], null: Span, decoding: settings.DecodingSettings
) -> SpanAnswer:
  with_null = decoding.version_2_with_negative
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
    return SpanAnswer(nbest[0].text, nbest, best_text)
  if best is None:
    # A departure: the original crashes here, where no candidate has text.
    return SpanAnswer("", nbest, "", NO_SCORE)
  odds = _score(null) - best.start_logit - best.end_logit
  is_null = odds > decoding.null_score_diff_threshold
  return SpanAnswer("" if is_null else best.text, nbest, best_text, odds)


def softmax(scores: Sequence[float]) -> list[float]:
  """Probabilities in float64, added from left to right, as the original does.

  Python's own `sum` rounds otherwise from 3.12 on.
  """
  most = max(scores)
  exponents = [math.exp(score - most) for score in scores]
  total = 0.0
  for exponent in exponents:
    total += exponent
  return [exponent / total for exponent in exponents]
