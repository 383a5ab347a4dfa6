"""What the measurements of docs/languages.md rest on."""

import subprocess
import sys

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
