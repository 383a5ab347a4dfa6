"""Exact match and F1 of all answers, as SQuAD's official scripts take means.

Sources: evaluate-v1.1.py and evaluate-v2.0.py of the SQuAD site. How one answer
is compared with another is told by `answer_measures`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from absl import logging

from bert_tf.tasks.squad import answer_decoder, answer_measures, reader
from bert_tf.text import scripts

Gold = Mapping[str, Sequence[str]]


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


_MEASURE_OF = {
  scripts.HANGUL: "characters",
  scripts.KANA: "characters",
  scripts.UNSPACED: "characters",
  scripts.HAN: "mixed",
  scripts.OTHER: "words",
}


def measure_of(
  score_by: str | None, questions: Sequence[reader.Example], path: str
) -> answer_measures.Measure:
  """How answers are compared with right ones.

  Args:
    score_by: A key of `answer_measures.MEASURES`; None chooses by the script of
      the contexts, and says so unless it is SQuAD's words.
    questions: The questions.
    path: Their file, for the log.
  """
  if score_by:
    return answer_measures.MEASURES[score_by]
  contexts = dict.fromkeys(question.context.text for question in questions)
  script = scripts.script_of(contexts)
  measure = answer_measures.MEASURES[_MEASURE_OF[script]]
  if measure.name != "words":
    logging.info(
      "%s: the text is %s; answers are scored by %s (%s). --score_by=words "
      "scores by SQuAD's rules",
      path,
      script,
      {"mixed": "ideographs and words"}.get(measure.name, measure.name),
      measure.source,
    )
  return measure


def score(
  answers: Mapping[str, answer_decoder.SpanAnswer],
  gold: Gold,
  version_2_with_negative: bool,
  measure: answer_measures.Measure = answer_measures.WORDS,
) -> dict[str, float]:
  """Exact match and F1 of answers, as of `score_v1` or `score_v2`."""
  texts = {key: found.answer for key, found in answers.items()}
  if not version_2_with_negative:
    return score_v1(texts, gold, measure)
  odds = {key: found.null_odds or 0.0 for key, found in answers.items()}
  best = {key: found.best_text for key, found in answers.items()}
  return score_v2(texts, gold, best, odds, measure)


def names(gold: Gold, version_2_with_negative: bool) -> list[str]:
  """The scores there will be, told by those of no answers."""
  nothing = answer_decoder.SpanAnswer("", [], "", 0.0)
  scores = score(dict.fromkeys(gold, nothing), gold, version_2_with_negative)
  return sorted(scores)


def score_v1(
  answers: Mapping[str, str],
  gold: Gold,
  measure: answer_measures.Measure = answer_measures.WORDS,
) -> dict[str, float]:
  """`exact_match` and `f1` in percent.

  Args:
    answers: By question id. A question without answer counts as wrong.
    gold: Right answers by question id, at least one each.
    measure: How two answers are compared.

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
    "exact_match": _mean(_best(measure.exact, answers, gold), len(gold)),
    "f1": _mean(_best(measure.f1, answers, gold), len(gold)),
  }


def score_v2(
  answers: Mapping[str, str],
  gold: Gold,
  best_texts: Mapping[str, str] | None = None,
  null_odds: Mapping[str, float] | None = None,
  measure: answer_measures.Measure = answer_measures.WORDS,
) -> dict[str, float]:
  """Scores in percent, under the names of the official script.

  Args:
    answers: By question id, empty for no answer.
    gold: Right answers by question id; none if there is no answer.
    best_texts: With `null_odds`: what is answered if anything is.
    null_odds: What the best thresholds (`best_exact_thresh`,
      `best_f1_thresh`, and the scores with them) are sought for.
    measure: How two answers are compared.
  """
  # Where an answer is nothing but articles, nothing is wanted.
  wanted = {
    key: [text for text in texts if measure.units(text)] or [""]
    for key, texts in gold.items()
  }
  results: dict[str, float] = {}
  measures: tuple[tuple[str, Callable[[str, str], float]], ...] = (
    ("exact", measure.exact),
    ("f1", measure.f1_with_null),
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
