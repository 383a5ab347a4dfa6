"""The examples run from top to bottom, BERT-Tiny from a folder as a mirror."""

import os
import re
import sys

import nbclient
import nbformat
import pytest

from tests.checkpoints import hub_modules
from tests.commands import running, small_model
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def environment(tmp_path_factory, uncased_vocab_file):
  """Variables by which the model is found without a network."""
  root = tmp_path_factory.mktemp("examples")
  (root / "made").mkdir()
  for path, data in small_model.at_its_address(
    root / "made", uncased_vocab_file
  ).items():
    file = root / "mirror" / path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
  return {
    "BERT_TF_HOME": str(root / "home"),
    "BERT_TF_MIRROR": (root / "mirror").as_uri(),
    "PYTHONPATH": str(ROOT),
    "TF_CPP_MIN_LOG_LEVEL": "3",
  }


def test_own_model_learns_its_levels(environment):
  done = running.alone(
    str(EXAMPLES / "own_model.py"),
    "uncased_L-2_H-128_A-2",
    "300",
    env=os.environ | environment,
  )
  assert done.returncode == 0, done.stderr
  before, after = map(float, re.findall(r"\d\.\d{3}", done.stdout)[:2])
  assert after < before / 2
  lines = re.findall(r"^(\d) \((\d)\)  ", done.stdout, re.M)
  assert len(lines) == 8
  assert sum(guess == level for guess, level in lines) >= 6


def test_movie_reviews_are_classified(environment, tmp_path):
  texts = {"neg": "dull and dreadful", "pos": "fine and lovely"}
  for split in ("train", "test"):
    for label, text in texts.items():
      folder = tmp_path / "aclImdb" / split / label
      folder.mkdir(parents=True)
      for number in range(20):
        (folder / f"{number}_1.txt").write_text(f"It was {text}.<br />{number}")
  module = hub_modules.tf1(tmp_path / "module", layers=(0,), positions=128)
  done = running.alone(
    str(EXAMPLES / "movie_reviews.py"),
    *(str(tmp_path / name) for name in ("aclImdb", "module", "out")),
    "32",
    env=os.environ | environment,
  )
  assert module.exists()
  assert done.returncode == 0, done.stderr
  assert re.search(r"^eval_accuracy = \d", done.stdout, re.M)
  tried = re.findall(r"^(Negative|Positive): .*\(Neg.* \d", done.stdout, re.M)
  assert len(tried) == 4
  table = (tmp_path / "out" / "tables" / "train.jsonl").read_text()
  assert len(table.splitlines()) == 32


@pytest.mark.slow
def test_the_notebook_runs(environment, monkeypatch):
  for name, value in environment.items():
    monkeypatch.setenv(name, value)
  notebook = nbformat.read(EXAMPLES / "bert_tf.ipynb", as_version=4)
  # The kernel of this Python, whatever kernels the machine has.
  client = nbclient.NotebookClient(notebook, timeout=170)
  client.create_kernel_manager().kernel_spec.argv = [
    sys.executable,
    *("-m", "ipykernel_launcher", "-f", "{connection_file}"),
  ]
  client.execute()
  outputs = [
    output
    for cell in notebook.cells
    if cell.cell_type == "code"
    for output in cell.outputs
  ]
  pictures = [x for x in outputs if "image/png" in x.get("data", {})]
  assert len(pictures) == 2
  text = "".join(x.get("text", "") for x in outputs)
  assert "[CLS]" in text
  # The weights have no meaning here: what is said may be either.
  assert re.search(r"\('(good|bad)',\) \{'bad': 0", text)


def test_the_notebook_is_stored_without_answers():
  notebook = nbformat.read(EXAMPLES / "bert_tf.ipynb", as_version=4)
  assert not any(cell.get("outputs") for cell in notebook.cells)
