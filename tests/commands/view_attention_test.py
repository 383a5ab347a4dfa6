"""The command view_attention as a user calls it."""

import shutil

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"


def test_a_page_in_the_current_folder(tmp_path):
  shutil.copytree(TESTDATA / "tiny", tmp_path / "tiny")
  shutil.copy(TESTDATA / "vocab.txt", tmp_path / "tiny")
  done = running.run(
    "view_attention",
    "--text=a <script>alert('1')</script> \"storm\"",
    "--text_pair=another",
    "--init_checkpoint=tiny",
    by_path=True,
    cwd=tmp_path,
  )
  assert done.returncode == 0, done.stderr
  assert "wrote attention.html" in done.stderr
  text = (tmp_path / "attention.html").read_text()
  assert text.startswith("<!DOCTYPE html>")
  assert text.count("<script") == 2  # The data, and the page's own.


def test_required_flags():
  running.assert_required("view_attention", "text", "init_checkpoint")


def test_the_vocabulary_is_not_overwritten(tmp_path):
  shutil.copytree(TESTDATA / "tiny", tmp_path / "tiny")
  vocabulary = tmp_path / "tiny" / "vocab.txt"
  shutil.copy(TESTDATA / "vocab.txt", vocabulary)
  before = vocabulary.read_bytes()
  done = running.run(
    "view_attention",
    "--text=a",
    f"--init_checkpoint={tmp_path / 'tiny'}",
    f"--output_file={vocabulary}",
  )
  running.assert_plain_error(done, "is the file to read")
  assert vocabulary.read_bytes() == before
