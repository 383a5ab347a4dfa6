"""docs/getting_started.md: its tables are right, and its commands run."""

import re

import pytest

from bert_tf.model_files import google_models
from tests.commands import page_shell
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "getting_started.md").read_text()
# Without a network no data set is downloaded: blocks marked `sh` are left out.
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
  with page_shell.opened(tmp_path, uncased_vocab_file) as found:
    yield found


@pytest.mark.slow
def test_the_commands_run(shell):
  run, place = shell
  lines = re.sub(r"hf:\S+", page_shell.BASE, COMMANDS)
  assert lines.count("bert_tf ") == 7
  done = run(lines)
  assert done.returncode == 0, done.stderr
  assert "eval_accuracy" in (place / "out/sst2/eval_results.txt").read_text()
  results = (place / "out" / "sst2" / "test_results.tsv").read_text()
  assert len(results.split()) == 2
  answer, *_ = (x for x in done.stdout.splitlines() if "label" in x)
  assert '"label": "' in answer
