"""--do_lower_case that is not given: the model says how text is read."""

import json
import shutil

import pytest

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"


@pytest.fixture(scope="module")
def cased(tmp_path_factory):
  """A checkpoint with Hugging Face's note that it is a cased model's."""
  folder = tmp_path_factory.mktemp("cased")
  for path in (TESTDATA / "tiny").glob("bert_model.ckpt.*"):
    shutil.copy(path, folder)
  (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
  (folder / "lines.txt").write_text("Storm\n")
  return folder


def extract(folder, checkpoint, **flags):
  return running.run(
    "extract_features",
    *running.as_flags(
      {
        "input_file": folder / "lines.txt",
        "output_file": folder / "out.jsonl",
        "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
        "vocab_file": TESTDATA / "vocab.txt",
        "init_checkpoint": checkpoint,
        "layers": "-1",
        "max_seq_length": 32,
      }
      | flags
    ),
  )


def tokens(folder):
  line = json.loads((folder / "out.jsonl").read_text())
  return [feature["token"] for feature in line["features"]]


def test_as_the_checkpoint_says(cased):
  run = extract(cased, cased)
  assert run.returncode == 0, run.stderr
  unset = tokens(cased)
  assert "--do_lower_case=true" in run.stderr  # of the uncased vocabulary
  extract(cased, TESTDATA / "tiny" / "bert_model.ckpt")
  assert tokens(cased) != unset == ["[CLS]", "[UNK]", "[SEP]"]


@pytest.mark.parametrize(
  "name", ["", "bert_model.ckpt", "bert_model.ckpt.index"]
)
def test_a_flag_that_contradicts_it(cased, name):
  run = extract(cased, cased / name, do_lower_case=True)
  running.assert_plain_error(
    run, f"{cased} says False; pass --do_lower_case=False"
  )
