"""What a download shows."""

import sys

from absl import logging

from bert_tf.model_files import download_progress


def test_lines_where_there_is_no_terminal(monkeypatch, caplog):
  monkeypatch.setattr(download_progress, "_SECONDS", 0)
  logging.set_verbosity(logging.INFO)
  with download_progress.Progress("a.zip") as progress:
    progress.start(0, 4 << 20)
    progress.reach(1 << 20)
    progress.start(1 << 20, None)
    progress.reach(3 << 20)
  assert [record.getMessage() for record in caplog.records] == [
    "downloading a.zip (4.0 MiB)",
    "a.zip: 1.0 of 4.0 MiB",
    f"downloading a.zip (size unknown), from byte {1 << 20}",
    "a.zip: 3.0 MiB",
  ]


def test_not_a_line_for_each_part(caplog):
  logging.set_verbosity(logging.INFO)
  with download_progress.Progress("a.zip") as progress:
    progress.start(0, 1000)
    for have in range(1000):
      progress.reach(have)
  assert len(caplog.records) == 1


def test_a_bar_on_a_terminal(monkeypatch, capsys):
  monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
  with download_progress.Progress("a.zip") as progress:
    progress.start(500_000, 1_000_000)
    progress.reach(1_000_000)
  shown = capsys.readouterr().err
  assert "a.zip:" in shown and "100%" in shown and "1.00M/1.00M" in shown
