"""The command run_tagger as a user calls it."""

import pytest

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"
COLUMNS = "the DT O\nreservoir NN B-place\n\nYuna NNP B-person\nwalked VB O\n"

FLAGS = {
  "bert_config_file": None,
  "vocab_file": None,
  "output_dir": None,
  "init_checkpoint": None,
  "data_dir": None,
  "train_file": None,
  "dev_file": None,
  "test_file": None,
  "labels": None,
  "word_column": None,
  "label_column": -1,
  "label_scheme": "auto",
  "encoding": None,
  "do_lower_case": True,
  "max_seq_length": 128,
  "do_train": False,
  "do_eval": False,
  "do_predict": False,
  "train_batch_size": 32,
  "eval_batch_size": 8,
  "predict_batch_size": 8,
  "learning_rate": 5e-5,
  "num_train_epochs": 3.0,
  "warmup_proportion": 0.1,
}


@pytest.fixture
def tag(tmp_path):
  (tmp_path / "train.conll").write_text(COLUMNS)

  def run(by_path=False, **changes):
    flags = {
      "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
      "vocab_file": TESTDATA / "vocab.txt",
      "init_checkpoint": TESTDATA / "tiny" / "bert_model.ckpt",
      "output_dir": tmp_path / "out",
      "data_dir": tmp_path,
      "max_seq_length": 16,
      "do_train": True,
      "train_batch_size": 2,
      "num_train_epochs": 2,
    }
    return running.run(
      "run_tagger", *running.as_flags(flags | changes), by_path=by_path
    )

  return run


def test_flags_and_defaults():
  found = running.flags_of("run_tagger")["all"]
  assert {name: found[name] for name in FLAGS} == FLAGS


def test_trains_evaluates_and_predicts(tmp_path, tag):
  file = tmp_path / "train.conll"
  run = tag(
    by_path=True, do_eval=True, do_predict=True, dev_file=file, test_file=file
  )
  assert run.returncode == 0, run.stderr
  running.assert_short(run.stderr)
  assert "***** Eval results *****" in run.stderr
  out = tmp_path / "out"
  assert "eval_f1 = " in (out / "eval_results.txt").read_text()
  assert (out / "model.ckpt-2.index").exists()
  assert (out / "labels.txt").read_text().split() == [
    "O",
    "B-person",
    "B-place",
  ]
  lines = (out / "test_predictions.txt").read_text().splitlines()
  assert [line.rpartition(" ")[0] for line in lines] == COLUMNS.splitlines()


def test_columns_by_name_and_another_scheme(tmp_path, tag):
  (tmp_path / "train.conll").write_bytes(
    "id\tTOKEN\tNER\n1\tthe\tO\n2\treservoir\tplace-S\n\n1\tYuna\tperson-S"
    "\n2\twalked\tO\n".encode("utf-16")
  )
  file = tmp_path / "train.conll"
  run = tag(
    do_eval=True,
    dev_file=file,
    word_column="TOKEN",
    label_column="NER",
    label_scheme="BIOES",
    eval_steps=1,
    best_metric="f1",
  )
  assert run.returncode == 0, run.stderr
  assert "train.conll: read as utf-16" in run.stderr
  assert "3 columns separated by a tab, words in column 1, la" in run.stderr
  assert "labels mark entities by BIOES, the position as a suffix" in run.stderr
  out = tmp_path / "out"
  assert "eval_f1_place = " in (out / "eval_results.txt").read_text()
  assert (out / "labels.txt").read_text().split() == [
    "O", "person-S", "place-S",
  ]  # fmt: skip


def test_a_metric_that_is_refused_says_why(tmp_path, tag):
  file = tmp_path / "train.conll"
  running.assert_plain_error(
    tag(dev_file=file, label_column=1, eval_steps=1, best_metric="f1"),
    "best_metric='f1' is not a metric of this task; it is one of "
    "eval_accuracy, eval_loss (the labels mark no entities, such as B-PER, "
    "B_PER or PER-B would: ",
  )
  assert not (tmp_path / "out").exists()


def test_an_error_is_one_plain_message(tmp_path, tag):
  running.assert_plain_error(
    tag(label_column=3),
    "run_tagger: ",
    "train.conll, line 1: found 3 columns",
  )
  assert not (tmp_path / "out").exists()
