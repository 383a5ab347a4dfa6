"""Exact match and F1, as SQuAD's official scripts define them.

Sources: evaluate-v1.1.py and evaluate-v2.0.py of the SQuAD site.
"""

import collections
import math
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence

from absl import logging

from bert_tf.tasks.squad import answer_decoder, reader

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)

Gold = Mapping[str, Sequence[str]]


def normalize(text: str) -> str:
  """Lower case, without ASCII punctuation, articles and spare white space."""
  text = text.lower().translate(_PUNCTUATION)
  return " ".join(_ARTICLES.sub(" ", text).split())


def exact(prediction: str, gold: str) -> float:
  """1 if both are the same when normalized, else 0."""
  return float(normalize(prediction) == normalize(gold))


def f1(prediction: str, gold: str) -> float:
  """The harmonic mean of precision and recall in words, version 1.1."""
  found, wanted = normalize(prediction).split(), normalize(gold).split()
  common = collections.Counter(found) & collections.Counter(wanted)
  same = common.total()
  if not same:
    return 0.0
  precision, recall = same / len(found), same / len(wanted)
  return 2 * precision * recall / (precision + recall)


def f1_with_null(prediction: str, gold: str) -> float:
  """F1 of version 2.0: no words at all are right where none are wanted."""
  if not normalize(prediction) or not normalize(gold):
    return exact(prediction, gold)
  return f1(prediction, gold)


def gold_of(
  questions: Sequence[reader.Example], path: str, may_have_no_answer: bool
) -> Gold | None:
  """Right answers by question id; None if some are not known.

  Args:
    questions: The questions.
    path: Their file, for the log.
    may_have_no_answer: Whether a question without right answers is right to be
      left unanswered, as in SQuAD 2.0.
  """
  for question in questions:
    if question.gold is None or not (question.gold or may_have_no_answer):
      logging.info(
        "%s: not scored, since question %r has no answers", path, question.id
      )
      return None
  return {question.id: question.gold or () for question in questions} or None


def score(
  answers: Mapping[str, answer_decoder.SpanAnswer],
  gold: Gold,
  version_2_with_negative: bool,
) -> dict[str, float]:
  """Exact match and F1 of answers, as of `score_v1` or `score_v2`."""
  texts = {key: found.answer for key, found in answers.items()}
  if not version_2_with_negative:
    return score_v1(texts, gold)
  odds = {key: found.null_odds or 0.0 for key, found in answers.items()}
  best = {key: found.best_text for key, found in answers.items()}
  return score_v2(texts, gold, best, odds)


def names(gold: Gold, version_2_with_negative: bool) -> list[str]:
  """The scores there will be, told by those of no answers."""
  nothing = answer_decoder.SpanAnswer("", [], "", 0.0)
  scores = score(dict.fromkeys(gold, nothing), gold, version_2_with_negative)
  return sorted(scores)


def score_v1(answers: Mapping[str, str], gold: Gold) -> dict[str, float]:
  """`exact_match` and `f1` in percent.

  Args:
    answers: By question id. A question without answer counts as wrong.
    gold: Right answers by question id, at least one each.

  Raises:
    ValueError: No question, or one without right answers.
  """
  for key, texts in gold.items():
    if not texts:
      raise ValueError(
        f"question {key!r} has no right answer to compare with; "
        "version_2_with_negative scores questions without answer"
      )
  return {
    "exact_match": _mean(_best(exact, answers, gold), len(gold)),
    "f1": _mean(_best(f1, answers, gold), len(gold)),
  }


def score_v2(
  answers: Mapping[str, str],
  gold: Gold,
  best_texts: Mapping[str, str] | None = None,
  null_odds: Mapping[str, float] | None = None,
) -> dict[str, float]:
  """Scores in percent, under the names of the official script.

  Args:
    answers: By question id, empty for no answer.
    gold: Right answers by question id; none if there is no answer.
    best_texts: With `null_odds`: what is answered if anything is.
    null_odds: What the best thresholds (`best_exact_thresh`,
      `best_f1_thresh`, and the scores with them) are sought for.
  """
  # Where an answer is nothing but articles, no words are wanted.
  wanted = {
    key: [text for text in texts if normalize(text)] or [""]
    for key, texts in gold.items()
  }
  results: dict[str, float] = {}
  measures: tuple[tuple[str, Callable[[str, str], float]], ...] = (
    ("exact", exact),
    ("f1", f1_with_null),
  )
  groups = {
    "": list(gold),
    "HasAns_": [key for key, texts in gold.items() if texts],
    "NoAns_": [key for key, texts in gold.items() if not texts],
  }
  for name, metric in measures:
    scores = _best(metric, answers, wanted)
    for prefix, keys in groups.items():
      if keys or not prefix:
        values = [scores[key] for key in keys if key in scores]
        results[f"{prefix}{name}"] = _mean(values, len(values))
        results[f"{prefix}total"] = len(values)
    if best_texts is not None and null_odds is not None:
      scores = _best(metric, best_texts, wanted)
      best, threshold = best_threshold(scores, best_texts, gold, null_odds)
      results |= {f"best_{name}": best, f"best_{name}_thresh": threshold}
  return results


def best_threshold(
  scores: Mapping[str, float],
  answers: Mapping[str, str],
  gold: Gold,
  null_odds: Mapping[str, float],
) -> tuple[float, float]:
  """The best score in percent, and the threshold of the odds that gives it.

  Questions whose odds are above the threshold count as not answered. The
  official script says 0 where it is best to answer none; that holds for
  probabilities. Odds may be below 0, so that here a threshold below all of
  them is given then.

  Args:
    scores: Of the answers, by question id.
    answers: Empty for no answer.
    gold: Right answers; none if there is no answer.
    null_odds: By question id.
  """
  current = best = float(sum(not texts for texts in gold.values()))
  threshold = 0.0
  if null_odds and min(null_odds.values()) <= 0:
    threshold = math.nextafter(min(null_odds.values()), -math.inf)
  for key in sorted(null_odds, key=null_odds.__getitem__):
    if key not in scores:
      continue
    if gold[key]:
      current += scores[key]
    elif answers[key]:
      current -= 1
    if current > best:
      best, threshold = current, null_odds[key]
  return 100.0 * best / max(len(scores), 1), threshold


def _best(
  metric: Callable[[str, str], float], answers: Mapping[str, str], gold: Gold
) -> dict[str, float]:
  """Each answer's score by the right answer that it is closest to."""
  return {
    key: max(metric(answers[key], text) for text in texts)
    for key, texts in gold.items()
    if key in answers
  }


def _mean(scores: Iterable[float] | Mapping[str, float], count: int) -> float:
  values = scores.values() if isinstance(scores, Mapping) else scores
  if not count:
    raise ValueError("no question to score")
  return 100.0 * sum(values) / count
