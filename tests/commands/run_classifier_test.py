"""The command run_classifier as a user calls it."""

import pytest

from tests.commands import running
from tests.tasks.classification import classifying

TESTDATA = classifying.TESTDATA

# The original's flags and defaults: run_classifier.py.
ORIGINAL = {
  "data_dir": None,
  "bert_config_file": None,
  "task_name": None,
  "vocab_file": None,
  "output_dir": None,
  "init_checkpoint": None,
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
  "save_checkpoints_steps": 1000,
  "iterations_per_loop": 1000,
  "use_tpu": False,
  "tpu_name": None,
  "tpu_zone": None,
  "gcp_project": None,
  "master": None,
  "num_tpu_cores": 8,
}
REQUIRED = (
  "data_dir",
  "bert_config_file",
  "task_name",
  "vocab_file",
  "output_dir",
)


def flags_for(output_dir, **changes):
  flags = {
    "data_dir": TESTDATA / "classifier" / "mrpc" / "data",
    "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
    "task_name": "MRPC",
    "vocab_file": TESTDATA / "vocab.txt",
    "output_dir": output_dir,
    "init_checkpoint": TESTDATA / "tiny" / "bert_model.ckpt",
    "max_seq_length": 48,
  }
  return running.as_flags(flags | changes)


def test_the_original_s_flags_and_defaults():
  found = running.flags_of("run_classifier")["all"]
  assert len(ORIGINAL) == 25
  assert {name: found[name] for name in ORIGINAL} == ORIGINAL


def test_required_flags():
  running.assert_required("run_classifier", *REQUIRED)


def test_trains_evaluates_and_predicts(tmp_path):
  run = running.run(
    "run_classifier",
    *flags_for(
      tmp_path / "out",
      do_train=True,
      do_eval=True,
      do_predict=True,
      num_train_epochs=1,
      train_batch_size=16,
      test_results_header=True,
      master="grpc://x",
    ),
    by_path=True,
  )
  assert run.returncode == 0, run.stderr
  for text in (
    "--master has no effect",
    "training on 80 examples for 5 steps",
    "tokens: [CLS] ",
    "***** Eval results *****",
    "eval_matthews",
  ):
    assert text in run.stderr
  assert run.stderr.splitlines()[-1].endswith(
    f"next: bert_tf export_saved_model --model_type=classifier "
    f"--export_dir={tmp_path}/out/export --init_checkpoint={tmp_path}/out "
    f"--bert_config_file={TESTDATA}/tiny/bert_config.json "
    f"--vocab_file={TESTDATA}/vocab.txt"
  )
  running.assert_short(run.stderr)
  assert f"written to {tmp_path}/out: bert_config.json, eval_me" in run.stderr
  assert "model.ckpt-5, " in run.stderr.splitlines()[-2]
  lines = (tmp_path / "out" / "test_results.tsv").read_text().splitlines()
  assert lines[0] == "0\t1" and len(lines) == 61
  results = classifying.scores(tmp_path / "out" / "eval_results.txt")
  assert results["global_step"] == 5
  assert list(results) == [
    "eval_accuracy",
    "eval_loss",
    "global_step",
    "loss",
  ]


_EVALUATED = """
import sys
from bert_tf.commands import command_line
try:
  command_line.run_command("run_classifier")
finally:
  found = sorted(name for name in sys.modules if "addons" in name)
  print(*found)
"""


def test_an_evaluation_imports_no_tensorflow_addons(tmp_path):
  """It is at its end of life, and slow to import: for LAMB alone."""
  classifying.put_golden_checkpoint("mrpc", tmp_path / "out")
  flags = flags_for(tmp_path / "out", do_eval=True)
  run = running.alone("-c", _EVALUATED, *flags)
  assert run.returncode == 0, run.stderr
  results = (tmp_path / "out" / "eval_metrics.txt").read_text()
  assert "eval_f1 = " in results and "eval_matthews = " in results
  assert run.stdout.split() == []


def test_a_table_of_one_s_own(tmp_path):
  (tmp_path / "train.tsv").write_text(
    "about\tsays\tkind\n" + "a heron\ta lamp\tx|y\na lamp\tit\t\n" * 8
  )
  run = running.run(
    "run_classifier",
    *flags_for(
      tmp_path / "out",
      data_dir=tmp_path,
      task_name="tsv",
      text_column="about",
      text_pair_column="says",
      label_column="kind",
      label_separator="|",
      task_type="multi_label",
      labels="y,x",
      do_train=True,
      num_train_epochs=1,
      train_batch_size=8,
    ),
  )
  assert run.returncode == 0, run.stderr
  first = classifying.records(tmp_path / "out" / "train.tf_record")
  assert [record["label_ids"][1] for record in first[:2]] == [[1, 1], [0, 0]]
  assert 1 in first[0]["segment_ids"][1]
  assert (tmp_path / "out" / "model.ckpt-2.index").exists()


@pytest.mark.parametrize(
  "changes, message",
  [
    ({}, "nothing to do"),
    ({"do_eval": True, "task_name": "imdb"}, "task_name='imdb' is not known"),
    ({"do_eval": True, "data_dir": "/nowhere"}, "'output_weights'"),
    ({"do_train": True, "data_dir": "/nowhere"}, "no file /nowhere/train.tsv"),
    ({"do_eval": True, "text_column": "x"}, "--text_column is for --task_name"),
    (
      {"do_eval": True, "data_dir": "s3://b/x"},
      "--data_dir=s3://b/x: T",
    ),
  ],
)
def test_an_error_is_one_plain_message(tmp_path, changes, message):
  run = running.run("run_classifier", *flags_for(tmp_path / "out", **changes))
  running.assert_plain_error(run, message)
  assert not (tmp_path / "out").exists()
