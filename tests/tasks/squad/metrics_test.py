"""Exact match and F1: small cases computed by hand."""

import json
import math

import pytest

from bert_tf.tasks.squad import answer_measures, metrics, reader
from tests.tasks.squad import goldens


@pytest.mark.parametrize(
  "text, want",
  [
    ("The  Clock-Tower!", "clocktower"),
    ("a an the", ""),
    ("then an other", "then other"),
    ("A.\u00a0B", "b"),  # the point goes first, then the article
    ("«x»", "«x»"),  # only ASCII punctuation
    ("a-b", "ab"),
    ("the\tclock\n", "clock"),
  ],
)
def test_normalize(text, want):
  assert answer_measures.normalize_words(text) == want


def test_f1_by_hand():
  assert answer_measures.WORDS.f1("the clock tower", "clock tower") == 1.0
  # 1 of 2 found, 1 of 1 wanted.
  assert answer_measures.WORDS.f1("clock tower", "clock") == pytest.approx(
    2 / 3
  )
  # "x x" against "x x x": 2 common, precision 1, recall 2/3.
  assert answer_measures.WORDS.f1("x x", "x x x") == pytest.approx(0.8)
  assert answer_measures.WORDS.f1("mill", "clock") == 0.0
  # The versions differ where nothing is left to compare.
  assert answer_measures.WORDS.f1("", "the") == 0.0
  assert answer_measures.WORDS.f1_with_null("", "the") == 1.0
  assert answer_measures.WORDS.f1_with_null("x", "") == 0.0
  assert answer_measures.WORDS.f1_with_null("", "x") == 0.0


def gold_of(version):
  examples = reader.read_for_prediction(goldens.SQUAD / f"{version}.json")
  return {example.id: example.gold for example in examples}


def test_gold_answers_score_full_v1():
  gold = gold_of("v1")
  answers = {key: texts[0] for key, texts in gold.items()}
  assert metrics.score_v1(answers, gold) == {"exact_match": 100, "f1": 100}
  key = next(iter(answers))
  answers[key] = "nothing of it"
  scores = metrics.score_v1(answers, gold)
  assert scores == pytest.approx(
    {"exact_match": 100 * 119 / 120, "f1": 100 * 119 / 120}
  )


def test_gold_answers_score_full_v2():
  gold = gold_of("v2")
  answers = {key: (*texts, "")[0] for key, texts in gold.items()}
  odds = {key: -1.0 if texts else 1.0 for key, texts in gold.items()}
  scores = metrics.score_v2(answers, gold, answers, odds)
  assert scores == {
    **dict.fromkeys(("exact", "f1", "best_exact", "best_f1"), 100.0),
    **dict.fromkeys(("HasAns_exact", "HasAns_f1"), 100.0),
    **dict.fromkeys(("NoAns_exact", "NoAns_f1"), 100.0),
    **{"total": 150, "HasAns_total": 98, "NoAns_total": 52},
    **{"best_exact_thresh": -1.0, "best_f1_thresh": -1.0},
  }
  altered = dict.fromkeys(answers, "")
  scores = metrics.score_v2(altered, gold)
  assert scores["exact"] == scores["f1"] == pytest.approx(100 * 52 / 150)
  assert scores["HasAns_f1"] == 0.0 and scores["NoAns_exact"] == 100.0
  assert "best_exact" not in scores


def test_v1_by_hand():
  gold = {"a": ("The Mill", "old mill"), "b": ("1923",), "c": ("x",)}
  answers = {"a": "mill", "b": "in 1923", "other": "?"}  # none for c
  scores = metrics.score_v1(answers, gold)
  assert scores["exact_match"] == pytest.approx(100 / 3)
  assert scores["f1"] == pytest.approx(100 * (1 + 2 / 3) / 3)


def test_v2_by_hand():
  gold = {"a": ("old mill",), "b": (), "c": (), "d": ("the",)}
  answers = {"a": "mill", "b": "", "c": "x", "d": ""}
  scores = metrics.score_v2(answers, gold)
  assert scores["exact"] == 50.0  # b, and d whose answer is but an article
  assert scores["f1"] == pytest.approx(100 * (2 / 3 + 1 + 0 + 1) / 4)
  assert (scores["HasAns_exact"], scores["NoAns_exact"]) == (50.0, 50.0)
  assert (scores["total"], scores["HasAns_total"]) == (4, 2)


def test_v2_leaves_out_questions_without_prediction():
  scores = metrics.score_v2({"a": "x"}, {"a": ("x",), "b": ("y",)})
  assert (scores["exact"], scores["total"]) == (100.0, 1)


def test_best_threshold_by_hand():
  gold = {"a": ("x",), "b": (), "c": ("y",), "d": ()}
  texts = {"a": "x", "b": "p", "c": "y", "d": "q"}
  odds = {"a": -2.0, "b": 1.0, "c": -1.0, "d": 3.0}
  scores = metrics.score_v2(texts, gold, texts, odds)
  assert scores["exact"] == 50.0
  assert (scores["best_exact"], scores["best_exact_thresh"]) == (100.0, -1.0)
  # Answers of the unanswerable come first: to answer none is best.
  odds = {"a": 2.0, "b": -4.0, "c": 2.5, "d": -3.0}
  best, threshold = metrics.best_threshold(
    {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}, texts, gold, odds
  )
  assert best == 50.0 and threshold < -4.0
  assert math.isclose(threshold, -4.0)
  # With odds above 0 as the official script has it: 0.
  odds = {key: value + 9 for key, value in odds.items()}
  assert metrics.best_threshold(
    {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}, texts, gold, odds
  ) == (50.0, 0.0)


def test_the_best_threshold_gives_the_best_score():
  """By trying all thresholds, on the original's answers."""
  gold = gold_of("v2")
  odds = json.loads(goldens.text_of("v2/null_odds.json"))
  nbest = json.loads(goldens.text_of("v2/nbest_predictions.json"))
  texts = {
    key: next(entry["text"] for entry in entries if entry["text"])
    for key, entries in nbest.items()
  }
  found = metrics.score_v2(texts, gold, texts, odds)

  def answered(threshold):
    return {key: "" if odds[key] > threshold else texts[key] for key in texts}

  for name in ("exact", "f1"):
    tried = [
      metrics.score_v2(answered(threshold), gold)[name]
      for threshold in (-9.0, *odds.values())
    ]
    assert found[f"best_{name}"] == pytest.approx(max(tried))
    at_best = metrics.score_v2(answered(found[f"best_{name}_thresh"]), gold)
    assert at_best[name] == pytest.approx(max(tried))


def test_what_cannot_be_scored():
  with pytest.raises(ValueError, match="question 'b' has no right answer"):
    metrics.score_v1({"b": "x"}, {"b": ()})
  for score in (metrics.score_v1, metrics.score_v2):
    with pytest.raises(ValueError, match="no question to score"):
      score({}, {})
