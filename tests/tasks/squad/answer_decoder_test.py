"""Answers out of scores: equal to what the original decoded."""

import dataclasses
import json
import math

import numpy as np
import pytest

import bert_tf
from bert_tf.tasks.squad import (
  answer_decoder,
  answer_files,
  examples,
  reader,
  settings,
)
from tests.tasks.squad import goldens


def check_decoded(version, vocab_file):
  """The files come out byte for byte."""
  *_, decoded = goldens.decode_case(version, vocab_file)
  found = {
    name: json.dumps(content, indent=4) + "\n"
    for name, content in answer_files.contents(decoded)
  }
  assert ("null_odds.json" in found) == (version == "v2")
  for name, text in found.items():
    assert text == goldens.text_of(f"decode_{version}/{name}"), name


def test_answers_from_the_golden_logits_uncased(uncased_vocab_file):
  check_decoded("v1", uncased_vocab_file)


def test_answers_from_the_golden_logits_cased_v2(shared_vocab_dir):
  check_decoded("v2", str(shared_vocab_dir / "cased_28996.txt"))


@pytest.fixture
def one():
  """A question with one window: [CLS] when [SEP] the clock tower [SEP]."""
  tokenizer = bert_tf.FullTokenizer(goldens.VOCAB)
  questions = [reader.Example("q", "the", reader.Context("The Clock tower"))]
  made = list(examples.make(questions, tokenizer, goldens.WINDOWS))
  assert made[0].tokens == [
    *("[CLS]", "the", "[SEP]"),
    *("the", "clock", "tower", "[SEP]"),
  ]
  return questions, made


def decode(one, start, end, **changes):
  questions, made = one
  rows = np.full([2, 1, 64], -50.0, np.float32)
  for row, values in zip(rows, (start, end), strict=True):
    for index, value in values.items():
      row[0, index] = value
  decoding = settings.DecodingSettings(**changes)
  return answer_decoder.decode(questions, made, rows[0], rows[1], decoding)["q"]


def test_best_span_wins_in_the_words_of_the_text(one):
  found = decode(one, {4: 5, 3: 2}, {5: 4, 4: 3})
  assert found.answer == "Clock tower"
  assert [c.text for c in found.nbest[:4]] == [
    "Clock tower",
    "Clock",
    "The Clock tower",
    "The Clock",
  ]
  want = np.exp([9, 8, 6, 5]) / np.exp([9, 8, 6, 5]).sum()
  got = [c.probability for c in found.nbest[:4]]
  np.testing.assert_allclose(got, want, rtol=1e-6)
  assert found.null_odds is None


def test_length_order_and_question_are_respected(one):
  found = decode(one, {4: 9, 5: 3}, {3: 9, 5: 2, 1: 20}, max_answer_length=1)
  assert found.answer == "tower"  # 4 to 3 is backwards, 4 to 5 too long
  found = decode(one, {1: 9, 4: 1}, {1: 9, 4: 1, 6: 9})
  assert found.answer == "Clock"  # never the question or [SEP]


def test_padding_takes_places_among_the_best_as_in_the_original(one):
  scores = {4: 1, **{40 + i: 5 for i in range(2)}}
  assert decode(one, scores, {4: 1}, n_best_size=2).answer == "empty"
  assert decode(one, scores, {4: 1}, n_best_size=3).answer == "Clock"


def test_first_of_equals_wins():
  assert answer_decoder.best_indices([1.0, 3.0, 3.0, 2.0], 3) == [1, 2, 3]
  assert answer_decoder.best_indices([0.0, -0.0, 0.0], 2) == [0, 1]


V2 = {"version_2_with_negative": True}


def test_no_answer_by_threshold(one):
  start, end = {0: 2, 4: 1}, {0: 1, 4: 1.5}
  found = decode(one, start, end, **V2)
  assert (found.answer, found.best_text) == ("", "Clock")
  assert found.null_odds == 0.5
  assert "" in [c.text for c in found.nbest]
  for threshold, answer in ((0.49, ""), (0.5, "Clock"), (0.51, "Clock")):
    found = decode(one, start, end, null_score_diff_threshold=threshold, **V2)
    assert found.answer == answer


def test_null_is_listed_even_beyond_the_best(one):
  found = decode(one, {0: -90, 4: 1}, {0: -90, 4: 1}, n_best_size=1, **V2)
  assert [c.text for c in found.nbest] == ["Clock", ""]
  assert math.isclose(sum(c.probability for c in found.nbest), 1.0)


def test_v2_without_any_candidate_where_the_original_crashes(one):
  start = {0: 1, 1: 2, 2: 3}  # none of the context among the two best
  found = decode(one, start, start, n_best_size=2, **V2)
  assert (found.answer, found.best_text) == ("", "")
  assert found.null_odds == answer_decoder.NO_SCORE
  found = decode(
    one, start, start, n_best_size=2, null_score_diff_threshold=2e6, **V2
  )
  assert found.answer == ""


def test_no_window_at_all():
  questions = [reader.Example("q", "the", reader.Context("  "))]
  nothing = np.zeros([0, 64], np.float32)
  decoding = settings.DecodingSettings()
  found = answer_decoder.decode(questions, [], nothing, nothing, decoding)["q"]
  assert found.answer == "empty"  # as the original
  decoding = dataclasses.replace(decoding, version_2_with_negative=True)
  found = answer_decoder.decode(questions, [], nothing, nothing, decoding)["q"]
  assert found.answer == ""


def test_null_score_is_the_least_of_all_windows():
  """Two windows: the one that denies an answer least counts."""
  tokenizer = bert_tf.FullTokenizer(goldens.VOCAB)
  text = "the old clock " * 30
  questions = [reader.Example("q", "the", reader.Context(text))]
  made = list(examples.make(questions, tokenizer, goldens.WINDOWS))
  logits = np.full([len(made), 64], -9.0, np.float32)
  logits[:, 0] = np.arange(len(made), dtype=np.float32) + 1
  logits[0, 10] = 4.0
  decoding = settings.DecodingSettings(**V2)
  found = answer_decoder.decode(questions, made, logits, logits, decoding)["q"]
  assert found.null_odds == 2.0 - 8.0


@pytest.mark.parametrize("name", ["n_best_size", "max_answer_length"])
def test_wrong_settings(name):
  with pytest.raises(ValueError, match=f"{name}=0 is below 1"):
    settings.DecodingSettings(**{name: 0})


def test_files_are_escaped_json_with_a_last_newline(tmp_path):
  candidate = answer_decoder.Candidate("é", 1.0, 2.0, 1.0)
  decoded = {"q": answer_decoder.SpanAnswer("é", [candidate], "é")}
  answer_files.write(str(tmp_path), decoded)
  assert sorted(path.name for path in tmp_path.iterdir()) == [
    "nbest_predictions.json",
    "predictions.json",
  ]
  text = (tmp_path / "predictions.json").read_text()
  assert text == '{\n    "q": "\\u00e9"\n}\n'
