"""The command run_multiple_choice as a user calls it."""

import pytest

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"
TABLE = (
  "context,ending_0,ending_1,ending_2,label\nthe,mill,was,,0\nit,a,b,c,1\n"
)
FLAGS = {
  "task_name": None,
  "data_dir": None,
  "train_file": None,
  "dev_file": None,
  "test_file": None,
  "context_column": "context",
  "question_column": None,
  "ending_prefix": "ending_",
  "label_column": "label",
  "quoting": "auto",
  "encoding": None,
  "max_seq_length": 128,
  "eval_batch_size": 8,
  "predict_batch_size": 8,
  "init_from_layers": None,
  "teacher_checkpoint": None,
  "distillation_temperature": 2.0,
  "distillation_weight": 0.5,
}


@pytest.fixture
def choose(tmp_path):
  for name in ("train", "dev", "test"):
    (tmp_path / f"{name}.csv").write_text(TABLE)

  def run(**changes):
    flags = {
      "task_name": "tsv",
      "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
      "vocab_file": TESTDATA / "vocab.txt",
      "init_checkpoint": TESTDATA / "tiny" / "bert_model.ckpt",
      "init_from_layers": 0,
      "output_dir": tmp_path / "out",
      "data_dir": tmp_path,
      "max_seq_length": 16,
      "do_train": True,
      "train_batch_size": 2,
      "num_train_epochs": 2,
    }
    return running.run(
      "run_multiple_choice", *running.as_flags(flags | changes)
    )

  return run


def test_flags_and_defaults():
  found = running.flags_of("run_multiple_choice")["all"]
  assert {name: found[name] for name in FLAGS} == FLAGS


def test_trains_evaluates_and_predicts(choose, tmp_path):
  done = choose(do_eval=True, do_predict=True)
  assert done.returncode == 0, done.stderr
  running.assert_short(done.stderr)
  assert "--model_type=multiple_choice" in done.stderr
  out = tmp_path / "out"
  assert "eval_accuracy = " in (out / "eval_results.txt").read_text()
  rows = (out / "test_results.tsv").read_text().splitlines()
  assert [row.count("\t") for row in rows] == [1, 2]


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"task_name": "swag", "label_column": "x"}, "--label_column is for --tas"),
    ({"label_column": "gold"}, "train.csv: no column named 'gold'"),
    ({"init_from_layers": "0,7"}, "layer 7 of 0,7 is out of range"),
    ({"init_from_layers": "a"}, "--init_from_layers names 'a', expected numb"),
    ({"teacher_checkpoint": "nowhere"}, "nowhere"),
  ],
)
def test_errors_come_first(choose, tmp_path, changes, message):
  running.assert_plain_error(choose(**changes), message)
  assert not (tmp_path / "out").exists()
