"""The commands run_squad and split_squad as a user calls them."""

import json

import pytest

from tests.commands import running
from tests.tasks.squad import goldens

# The original's flags and defaults: run_squad.py.
ORIGINAL = {
  "bert_config_file": None,
  "vocab_file": None,
  "output_dir": None,
  "train_file": None,
  "predict_file": None,
  "init_checkpoint": None,
  "do_lower_case": True,
  "max_seq_length": 384,
  "doc_stride": 128,
  "max_query_length": 64,
  "do_train": False,
  "do_predict": False,
  "train_batch_size": 32,
  "predict_batch_size": 8,
  "learning_rate": 5e-5,
  "num_train_epochs": 3.0,
  "warmup_proportion": 0.1,
  "save_checkpoints_steps": 1000,
  "iterations_per_loop": 1000,
  "n_best_size": 20,
  "max_answer_length": 30,
  "use_tpu": False,
  "tpu_name": None,
  "tpu_zone": None,
  "gcp_project": None,
  "master": None,
  "num_tpu_cores": 8,
  "verbose_logging": False,
  "version_2_with_negative": False,
  "null_score_diff_threshold": 0.0,
}
REQUIRED = ("bert_config_file", "vocab_file", "output_dir")


def flags_for(folder, **changes):
  flags = {
    "bert_config_file": goldens.CONFIG,
    "vocab_file": goldens.VOCAB,
    "output_dir": folder,
    "init_checkpoint": goldens.TESTDATA / "tiny" / "bert_model.ckpt",
    "max_seq_length": 64,
    "doc_stride": 24,
    "max_query_length": 20,
    "train_batch_size": 8,
    "num_train_epochs": 1,
  }
  return running.as_flags(flags | changes)


def test_the_original_s_flags_and_defaults():
  found = running.flags_of("run_squad")["all"]
  assert len(ORIGINAL) == 30
  assert {name: found[name] for name in ORIGINAL} == ORIGINAL
  assert found["batch_by_length"] is False


def test_required_flags():
  running.assert_required("run_squad", *REQUIRED)


def test_trains_answers_and_scores_version_2(tmp_path):
  source = goldens.small_file(tmp_path / "v2.json", 24, "v2")
  run = running.run(
    "run_squad",
    *flags_for(
      tmp_path / "out",
      do_train=True,
      do_predict=True,
      train_file=source,
      predict_file=source,
      version_2_with_negative=True,
      null_score_diff_threshold=1e9,
      n_best_size=7,
      max_answer_length=3,
      verbose_logging=True,
    ),
    by_path=True,
  )
  assert run.returncode == 0, run.stderr
  out = tmp_path / "out"
  names = {path.name for path in out.iterdir()}
  assert {
    *("train.tf_record", "eval.tf_record", "predictions.json"),
    *("nbest_predictions.json", "null_odds.json", "eval_results.txt"),
    *("model.ckpt-3.index", "checkpoint"),
  } <= names
  answers = json.loads((out / "predictions.json").read_text())
  assert len(answers) == 24 and all(answers.values())  # by the threshold
  nbest = json.loads((out / "nbest_predictions.json").read_text())
  assert max(map(len, nbest.values())) <= 8  # 7 and no answer
  assert "best_f1_thresh = " in (out / "eval_results.txt").read_text()
  assert "***** Eval results *****" in run.stderr
  plain = [x for x in run.stderr.splitlines() if "final_text.py" not in x]
  running.assert_short("\n".join(plain))


@pytest.mark.parametrize(
  "changes, message",
  [
    ({}, "run_squad: At least one of `do_train` or `do_predict` must be True."),
    ({"do_train": True}, "`train_file` must be specified"),
    ({"do_predict": True}, "`predict_file` must be specified"),
    ({"max_query_length": 61}, "max_seq_length (64) must be greater than"),
    ({"bert_config_file": "/nowhere.json"}, "/nowhere.json"),
    ({"do_predict": True, "predict_file": goldens.VOCAB}, "not a JSON file"),
  ],
)
def test_an_error_is_one_plain_message(tmp_path, changes, message):
  run = running.run("run_squad", *flags_for(tmp_path / "out", **changes))
  running.assert_plain_error(run, message)
  assert not (tmp_path / "out").exists()


def split(tmp_path, **changes):
  flags = {
    "input_file": goldens.SQUAD / "v1.json",
    "train_file": tmp_path / "train.json",
    "predict_file": tmp_path / "dev.json",
    "predict_articles": 10,
  }
  return running.run(
    "split_squad", *running.as_flags(flags | changes), input='{"data": []}'
  )


def test_split_squad(tmp_path):
  run = split(tmp_path)
  assert run.returncode == 0, run.stderr
  whole = json.loads((goldens.SQUAD / "v1.json").read_text())["data"]
  parts = [
    json.loads((tmp_path / name).read_text())["data"]
    for name in ("train.json", "dev.json")
  ]
  assert parts == [whole[:30], whole[30:]]


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"predict_articles": 40}, "cannot hold out 40 of 40 articles"),
    ({"input_file": "/dev/stdin"}, "found 0 articles, expected two"),
    (
      {"train_file": goldens.SQUAD / ".." / "squad" / "v1.json"},
      "squad/v1.json is the file to read",
    ),
    ({"train_file": "x/dev.json", "predict_file": "x/../x/dev.json"}, "is the"),
    ({"input_file": goldens.VOCAB}, "not a JSON file"),
  ],
)
def test_split_squad_errors(tmp_path, changes, message):
  run = split(tmp_path, **changes)
  running.assert_plain_error(run, message)
  assert not list(tmp_path.iterdir())
