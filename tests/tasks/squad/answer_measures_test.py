"""Answers compared by the rules of KorQuAD and CMRC: cases by hand."""

import json

import pytest
from absl import logging

from bert_tf.tasks.squad import answer_measures, metrics, reader, settings
from bert_tf.text import scripts
from tests.tasks.squad import goldens

CHARACTERS = answer_measures.MEASURES["characters"]
MIXED = answer_measures.MEASURES["mixed"]


@pytest.mark.parametrize(
  "text, want",
  [
    ("《늙은 두루미》", "늙은 두루미"),
    ("'Mina'호", "mina 호"),  # a quote parts words, other signs do not
    ("4.5미터(약 15자)", "45미터 약 15자"),
    ("the mill", "the mill"),  # articles stay
    ("〈달〉‘빛’ ", "달 빛"),
    ("「달」", "「달」"),
  ],
)
def test_korquad_normalizes(text, want):
  assert answer_measures.normalize_korquad(text) == want


def test_korquad_counts_characters():
  assert CHARACTERS.f1("1847년", "1847년") == 1.0
  # 5 characters of 6 are right, and all 5 are found.
  assert CHARACTERS.f1("1847년에", "1847년") == pytest.approx(10 / 11)
  # White space is not counted, order is not looked at: 늙은두루미.
  assert CHARACTERS.f1("두루미 늙은", "늙은 두루미") == 1.0
  assert CHARACTERS.exact("두루미 늙은", "늙은 두루미") == 0.0
  # 가가 and 가: one in common, precision 1/2, recall 1.
  assert CHARACTERS.f1("가가", "가") == pytest.approx(2 / 3)
  assert CHARACTERS.f1("강", "산") == 0.0
  assert CHARACTERS.exact("(강)", "강") == 1.0
  # By words the particle costs all.
  assert answer_measures.WORDS.f1("1847년에", "1847년") == 0.0


@pytest.mark.parametrize(
  "text, want",
  [
    ("三十七米", ["三", "十", "七", "米"]),
    ("建于1888年，高37.5米。", ["建", "于", "1888", "年", "高", "37.5", "米"]),
    ("Type-B齿轮", ["typeb", "齿", "轮"]),  # the hyphen goes, and parts nothing
    ("the Old Mill (1802)", ["the", "old", "mill", "(", "1802", ")"]),
    ("don't, they'll", ["do", "n't", ",", "they", "'ll"]),
    ("the miller's $3,000.", ["the", "miller", "'s", "$", "3,000", "."]),
    ("cannot: 4", ["can", "not", "4"]),
    ("等……", ["等", "……"]),  # never taken out: two characters in CMRC's list
    ("，。", []),
    ("", []),
  ],
)
def test_cmrc_cuts(text, want):
  assert answer_measures.mixed_units(text) == want


def test_cmrc_counts_the_longest_run():
  assert MIXED.f1("“铜先生”", "铜先生") == 1.0
  assert MIXED.exact("“铜先生”", "铜先生") == 1.0
  # 3 of 4 are right and in a row.
  assert MIXED.f1("叫铜先生", "铜先生") == pytest.approx(6 / 7)
  # Only the longest run counts: 先生 of 铜 x 先生.
  assert MIXED.f1("铜甲先生", "铜先生") == pytest.approx(4 / 7)
  # A word is one unit: 1 of 2.
  assert MIXED.f1("Grace Hopper", "hopper") == pytest.approx(2 / 3)
  assert MIXED.f1("河", "山") == MIXED.f1("", "山") == MIXED.f1("山", "") == 0.0
  assert MIXED.exact("37 米", "37米") == 0.0  # white space inside stays


def test_longest_run():
  run = answer_measures.longest_run
  assert run("abcde", "xbcdy") == 3
  assert run("aaa", "aa") == 2
  assert run("abab", "baba") == 3
  assert run("", "a") == run("a", "") == 0


def test_no_answer_is_right_where_none_is_wanted():
  gold = {"a": ("。",), "b": (), "c": ("铜先生",)}
  answers = {"a": "，", "b": "", "c": "铜"}
  scores = metrics.score_v2(answers, gold, measure=MIXED)
  assert scores["exact"] == pytest.approx(200 / 3)
  assert scores["f1"] == pytest.approx(100 * (1 + 1 + 1 / 2) / 3)
  assert scores["HasAns_total"] == 2


def test_v1_takes_the_closest_right_answer():
  gold = {"a": ("철교", "달 다리"), "b": ("오리",)}
  scores = metrics.score_v1({"a": "달다리", "b": "오리를"}, gold, CHARACTERS)
  assert scores == {
    "exact_match": 0.0,  # 달다리 is not 달 다리
    "f1": pytest.approx(100 * (1 + 0.8) / 2),
  }


@pytest.mark.parametrize(
  "text, script",
  [
    ("방앗간은 1802년에 The Mill로 불렸다", scripts.HANGUL),
    ("\u1107\u1161\u11bc\u110b\u1161", scripts.HANGUL),
    ("雾港的老钟楼建于1888年", scripts.HAN),
    ("灯台の高さは百十二段", scripts.KANA),
    ("東京都庁、カフェ", scripts.KANA),
    ("เรือไม้ลำเล็ก", scripts.UNSPACED),
    ("ເຮືອ ນ້ອຍ", scripts.UNSPACED),
    ("नीलपुर गाँव", scripts.OTHER),
    ("بُنيت طاحونة", scripts.OTHER),
    ("The mill of 北京 was old", scripts.OTHER),
    ("1802 ...", scripts.OTHER),
    ("", scripts.OTHER),
  ],
)
def test_scripts(text, script):
  assert scripts.script_of([text]) == script


def test_the_start_of_many_texts_tells_the_script():
  texts = ["가" * 100_000, "나" * 100_000, *["mill"] * 100_000]
  assert scripts.script_of(texts) == scripts.HANGUL


@pytest.mark.parametrize(
  "text, score_by, want, said",
  [
    ("A mill.", None, "words", []),
    (
      "방앗간",
      None,
      "characters",
      [
        "f: the text is Hangul; answers are scored by characters (KorQuAD's "
        "rules). --score_by=words scores by SQuAD's rules"
      ],
    ),
    ("钟楼", None, "mixed", ["f: the text is Chinese; answers are scored by "]),
    ("方앗간", "words", "words", []),
    ("A mill.", "mixed", "mixed", []),
  ],
)
def test_the_default_is_chosen_by_script_and_said(
  monkeypatch, text, score_by, want, said
):
  lines = []
  monkeypatch.setattr(logging, "info", lambda t, *a: lines.append(t % a))
  asked = [reader.Example("q", "?", reader.Context(text))]
  assert metrics.measure_of(score_by, asked, "f").name == want
  assert len(lines) == len(said)
  assert all(map(str.startswith, lines, said))


def test_a_run_scores_by_the_script(tmp_path):
  """The same answers, by characters and by words as told."""
  content = json.loads((goldens.SQUAD / "v1.json").read_text())
  content["data"] = content["data"][:1]
  for paragraph in content["data"][0]["paragraphs"]:
    paragraph["context"] += " " + "가" * 2 * len(paragraph["context"])
  path = tmp_path / "ko.json"
  path.write_text(json.dumps(content))
  scores = {
    by: goldens.run_squad(
      tmp_path / str(by), predict_file=str(path), score_by=by
    )
    for by in (None, "characters", "words")
  }
  assert scores[None] == scores["characters"]
  assert scores[None]["f1"] > scores["words"]["f1"]


def test_an_unknown_measure():
  assert tuple(answer_measures.MEASURES) == settings.SCORE_BY
  with pytest.raises(ValueError, match="score_by='letters', expected one of w"):
    settings.SquadSettings(
      "vocab.txt", do_predict=True, predict_file="f", score_by="letters"
    )
