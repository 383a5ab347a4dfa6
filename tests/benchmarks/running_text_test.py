"""Sentences out of man pages and marked-up help."""

import gzip
import subprocess
import sys

from benchmarks import running_text
from tests.conftest import ROOT

_PAGE = r""".\" Not a word of this: 訳者は山田です。
.TH MILL 1
.SH 名前
mill \- 粉を挽く
.SH 説明
\fBmill\fP は麦を
粉にします。次の行も
同じ段落です。
.B \-\-slow
を付けるとゆっくり挽きます。
.nf
これは例なので読みません。
.fi
.PP
This was not translated at all.
風車も水車も同じように動きます。
"""
_WANTED = [
  "mill は麦を粉にします。",
  "次の行も同じ段落です。",
  "--slow を付けるとゆっくり挽きます。",
  "風車も水車も同じように動きます。",
]


def test_sentences_of_a_man_page():
  found = running_text.sentences(running_text.of_man_page(_PAGE))
  assert list(found) == _WANTED


def test_sentences_of_marked_up_text():
  markup = (
    "<h1>चक्की।</h1><p>चक्की <b>गेहूँ</b> पीसती\n है। यह धीरे चलती है. अधूरा</p>"
    "यह बाहर है।"
    "<p>This was not translated.</p><p id='x'>हवा &amp; पानी से चलती है।</p>"
  )
  found = running_text.sentences(running_text.of_markup(markup))
  assert list(found) == [
    "चक्की गेहूँ पीसती है।",
    "यह धीरे चलती है.",
    "हवा & पानी से चलती है।",
  ]


def test_each_sentence_is_printed_once(tmp_path):
  for name in ("mill.1.gz", "mill.2.gz"):
    (tmp_path / name).write_bytes(gzip.compress(_PAGE.encode()))
  done = _run(tmp_path, "*.gz")
  assert done.stdout.splitlines() == _WANTED
  refused = _run(tmp_path, "*.html")
  assert refused.returncode != 0
  assert "no file matches: *.html" in refused.stderr


def _run(folder, pattern):
  return subprocess.run(
    [sys.executable, str(ROOT / "benchmarks" / "running_text.py"), pattern],
    cwd=folder,
    capture_output=True,
    encoding="utf-8",
    check=False,
    env={"PYTHONIOENCODING": "utf-8"},
  )
