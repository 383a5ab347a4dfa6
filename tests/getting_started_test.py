"""docs/getting_started.md: its tables are right, and its commands run."""

import os
import re
import stat
import subprocess
import sys

import pytest

from bert_tf.model_files import google_models
from tests.commands import small_model
from tests.conftest import ROOT
from tests.model_files import file_server

PAGE = (ROOT / "docs" / "getting_started.md").read_text()
# BERT-Tiny in its place, since BERT-Base takes long; without a network no data
# set is downloaded, so that blocks marked `sh` are left out.
BASE = "uncased_L-12_H-768_A-12"
COMMANDS = "".join(
  text
  for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.M | re.S)
  if not language
)


def rows(columns):
  """The cells of all rows of tables with so many columns, heads left out."""
  found = []
  for line in PAGE.splitlines():
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    if line.startswith("|") and len(cells) == columns:
      found.append(cells)
  return [cells for cells in found[1:] if set(cells[0]) != {"-"}]


def megabytes(model):
  return f"{model.weights_bytes // 10**6:,} MB"


def test_the_table_of_models():
  shown = {
    (name.strip("`"), date, case, languages.split(",")[0], vocabulary, weights)
    for name, date, _, case, languages, vocabulary, weights in rows(7)
  }
  assert shown == {
    (
      model.name,
      model.date,
      "cased" if model.cased else "uncased",
      model.languages,
      f"{model.vocab_size:,}",
      megabytes(model),
    )
    for model in google_models.MODELS
    if model.date != "2020_02_20"
  }


def test_the_table_of_small_models():
  shown = {
    (int(layers), width): cell.split(" (")[0]
    for layers, *cells in rows(5)
    for width, cell in zip((128, 256, 512, 768), cells, strict=True)
  }
  assert shown == {
    (model.layers, model.hidden_size): megabytes(model)
    for model in google_models.MODELS
    if model.date == "2020_02_20"
  }


@pytest.fixture
def shell(tmp_path, uncased_vocab_file):
  """Runs lines in a folder with SST-2's files, a few lines each."""
  made, place = tmp_path / "made", tmp_path / "place"
  (place / "SST-2").mkdir(parents=True)
  made.mkdir()
  for name, times in (("train", 16), ("dev", 1)):
    (place / "SST-2" / f"{name}.tsv").write_text(
      "sentence\tlabel\n" + "a fine film\t1\nhow dull\t0\n" * times
    )
  (place / "SST-2" / "test.tsv").write_text("index\tsentence\n0\tfine\n")
  (place / "lines.txt").write_text("a [MASK] film\n")
  program = tmp_path / "bin" / "bert_tf"
  program.parent.mkdir()
  program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bert_tf "$@"\n')
  program.chmod(program.stat().st_mode | stat.S_IXUSR)
  files = small_model.at_its_address(made, uncased_vocab_file)
  with file_server.serving(files) as server:
    environment = os.environ | {
      "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
      "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
      "BERT_TF_HOME": str(tmp_path / "home"),
      "BERT_TF_MIRROR": server.url,
    }

    def run(lines):
      return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
      )

    yield run, place


@pytest.mark.slow
def test_the_commands_run(shell):
  run, place = shell
  lines = COMMANDS.replace(BASE, small_model.NAME)
  lines = re.sub(r"hf:\S+", small_model.NAME, lines)
  assert lines.count("bert_tf ") == 7
  done = run(lines)
  assert done.returncode == 0, done.stderr
  assert "eval_accuracy" in (place / "out/sst2/eval_results.txt").read_text()
  results = (place / "out" / "sst2" / "test_results.tsv").read_text()
  assert len(results.split()) == 2
  answer, *_ = (x for x in done.stdout.splitlines() if "label" in x)
  assert '"label": "' in answer
