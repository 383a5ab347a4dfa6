"""What the measurements of docs/languages.md rest on."""

import subprocess
import sys
import types

import pytest

from benchmarks import word_splitters
from tests.conftest import ROOT


def test_spaces_are_put_in_and_places_are_kept():
  text = "방앗간에서는 밀을"
  split = word_splitters.SplitText(text, lambda _: [0, 3, 5, 7, 8, 9])
  assert split.text == "방앗간 에서 는 밀 을"
  for part in ("방앗간", "밀", "는", "을"):
    first = text.index(part)
    start, end = split.place(first, first + len(part))
    assert split.text[start:end] == part
  start, end = split.place(2, 8)
  assert split.text[start:end] == "간 에서 는 밀"
  whole = word_splitters.SplitText(text, word_splitters.none)
  assert (whole.text, whole.place(2, 5)) == (text, (2, 5))


@pytest.mark.parametrize(
  "word, analyses, wanted",
  [
    ("والطاحونة", [("وال", "َ", 3)], "و ال طاحونة"),
    ("للطاحونة", [("", "", 1), ("لل", "", 3)], "ل ل طاحونة"),
    ("طاحونتهم", [("", "هُمْ", 3)], "طاحونت هم"),
    ("طاحونة", [("ب", "هُمْ", 3)], "طاحونة"),  # not as written
    ("طاحونة", [], "طاحونة"),
  ],
)
def test_arabic_is_cut_around_the_stem(monkeypatch, word, analyses, wanted):
  found = [
    types.SimpleNamespace(affix=(before, "", "َ", behind), freq=frequency)
    for before, behind, frequency in analyses
  ]
  analyzer = types.SimpleNamespace(check_word=lambda _: found)
  monkeypatch.setattr(word_splitters, "_qalsadi", lambda: analyzer)
  word_splitters._cuts_of_arabic.cache_clear()
  split = word_splitters.SplitText(f"{word} 12.", word_splitters.arabic)
  word_splitters._cuts_of_arabic.cache_clear()
  assert split.text == f"{wanted} 12."


def test_hindi_is_cut_before_an_ending(monkeypatch):
  stems = {"चक्कियों": "चक्क", "में": "म", "गेहूँ": "गेहूँ", "है": "हो"}
  stemmer = types.SimpleNamespace(stemWord=stems.__getitem__)
  monkeypatch.setattr(word_splitters, "_hindi_stemmer", lambda: stemmer)
  split = word_splitters.SplitText("चक्कियों में गेहूँ है।", word_splitters.hindi)
  assert split.text == "चक्क ियों में गेहूँ है।"


def test_japanese_nouns_that_touch_are_one(monkeypatch):
  text = "古 水車小屋 の 粉屋さん が 来る"
  words = [
    ("古", "接頭辞", "*"),
    ("水車", "名詞", "普通名詞"),
    ("小屋", "名詞", "普通名詞"),
    ("の", "助詞", "格助詞"),
    ("粉屋", "名詞", "普通名詞"),
    ("さん", "接尾辞", "名詞的"),
    ("が", "助詞", "格助詞"),
    ("来る", "動詞", "非自立可能"),
  ]
  tagged = [
    types.SimpleNamespace(
      surface=surface, feature=types.SimpleNamespace(pos1=kind, pos2=more)
    )
    for surface, kind, more in words
  ]
  monkeypatch.setattr(word_splitters, "_tagger", lambda: lambda _: tagged)
  text = text.replace(" ", "")
  found = [text[a:b] for a, b in word_splitters.japanese_nouns(text)]
  assert found == ["古水車小屋", "粉屋さん"]


def test_a_table_is_printed(testdata):
  done = subprocess.run(
    [
      *(sys.executable, "-m", "benchmarks.languages"),
      *(f"--questions={testdata / 'questions.csv'}", "--ids=hi"),
      *(f"--vocab_files={testdata / 'vocab.txt'}", "--vocab_size=1200"),
      f"--corpus={testdata / 'questions.csv'}",
    ],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  first, _, header, _, *rows = done.stdout.splitlines()
  assert first == "12 questions measured"
  assert header.count("|") == 10
  cells = [[x.strip() for x in row.strip("|").split("|")] for row in rows]
  assert [x[0] for x in cells] == ["own, cased", "own, uncased", "vocab"]
  assert all(x[3] == "0.00%" for x in cells[:2])  # nothing is [UNK]


@pytest.mark.parametrize(
  "flags, message",
  [
    (["--questions=nowhere.json"], "nowhere.json"),
    (["--questions=x.txt"], "a plain text needs a --splitter that finds nouns"),
  ],
)
def test_what_cannot_be_measured(tmp_path, flags, message):
  (tmp_path / "x.txt").write_text("방앗간")
  done = subprocess.run(
    [sys.executable, str(ROOT / "benchmarks" / "languages.py"), *flags],
    cwd=tmp_path,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode != 0
  assert message in done.stderr
  assert "Traceback" not in done.stderr
