"""The command run_pretraining as a user calls it."""

import pytest

from tests.commands import running
from tests.tasks.pretraining import training

TESTDATA = training.TESTDATA

# The original's flags and defaults: run_pretraining.py.
ORIGINAL = {
  "bert_config_file": None,
  "input_file": None,
  "output_dir": None,
  "init_checkpoint": None,
  "max_seq_length": 128,
  "max_predictions_per_seq": 20,
  "do_train": False,
  "do_eval": False,
  "train_batch_size": 32,
  "eval_batch_size": 8,
  "learning_rate": 5e-5,
  "num_train_steps": 100000,
  "num_warmup_steps": 10000,
  "save_checkpoints_steps": 1000,
  "iterations_per_loop": 1000,
  "max_eval_steps": 100,
  "use_tpu": False,
  "tpu_name": None,
  "tpu_zone": None,
  "gcp_project": None,
  "master": None,
  "num_tpu_cores": 8,
}
REQUIRED = ("bert_config_file", "input_file", "output_dir")


def flags_for(output_dir, **changes):
  flags = {
    "bert_config_file": TESTDATA / "train_parity" / "bert_config.json",
    "input_file": TESTDATA / "train_parity" / "data.tfrecord",
    "output_dir": output_dir,
    "max_seq_length": 48,
    "max_predictions_per_seq": 6,
    "do_train": True,
    "train_batch_size": 8,
    "num_train_steps": 2,
    "num_warmup_steps": 0,
  }
  return running.as_flags(flags | changes)


def test_the_original_s_flags_and_defaults():
  found = running.flags_of("run_pretraining")["all"]
  assert len(ORIGINAL) == 22
  assert {name: found[name] for name in ORIGINAL} == ORIGINAL


def test_required_flags():
  running.assert_required("run_pretraining", *REQUIRED)


def test_trains_says_how_it_goes_and_what_has_no_effect(tmp_path):
  run = running.run(
    "run_pretraining",
    *flags_for(tmp_path, log_steps=1, master="grpc://x", do_eval=True),
    by_path=True,
  )
  assert run.returncode == 0, run.stderr
  running.assert_short(run.stderr)
  assert run.stderr.count("--master has no effect") == 1
  assert "num_tpu_cores" not in run.stderr
  for word in (
    "step 1/2",
    "step 2/2",
    "masked_lm_accuracy",
    "next_sentence_accuracy",
    "learning_rate",
    "examples/s",
    "left",
    "saved",
    "***** Eval results *****",
  ):
    assert word in run.stderr
  assert (tmp_path / "model.ckpt-2.index").exists()
  assert (tmp_path / "eval_results.txt").read_text().startswith("global_step")


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"max_seq_length": 32}, "has 48 values, expected 32"),
    ({"bert_config_file": "/nowhere.json"}, "/nowhere.json"),
    ({"optimizer": "sgd"}, "--optimizer=sgd"),
    ({"gradient_accumulation_steps": 3}, "8 examples cannot be cut evenly"),
    ({"use_tpu": True, "tpu_name": "local"}, "no TPU could be reached"),
    ({"use_tpu": True, "precision": "mixed_float16"}, "use mixed_bfloat16"),
  ],
)
def test_an_error_is_one_plain_message(tmp_path, changes, message):
  run = running.run("run_pretraining", *flags_for(tmp_path / "out", **changes))
  running.assert_plain_error(run, message)
  assert not list((tmp_path).glob("out/model*"))


def test_a_checkpoint_without_a_vocabulary_beside_it(tmp_path):
  """As all that pre-training writes; it needs none, unless it masks anew."""
  start = TESTDATA / "tiny" / "bert_model.ckpt"
  told = {"init_checkpoint": start, "do_train": False, "do_eval": True}
  told["bert_config_file"] = TESTDATA / "tiny" / "bert_config.json"
  told["max_eval_steps"] = 1
  run = running.run("run_pretraining", *flags_for(tmp_path / "out", **told))
  assert run.returncode == 0, run.stderr
  told |= {"do_train": True, "dynamic_masking": True}
  run = running.run("run_pretraining", *flags_for(tmp_path / "new", **told))
  running.assert_plain_error(run, "vocab_file")
