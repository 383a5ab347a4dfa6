"""What all commands share that compute."""

import pathlib

import pytest
import tensorflow as tf

from tests.commands import running

_PROGRAM = pathlib.Path(__file__).with_name("prepared.py")
_NEEDED = {
  "extract_features": ("input_file", "output_file", "init_checkpoint"),
  "run_tagger": ("data_dir", "output_dir"),
}


def told(*arguments):
  """What TensorFlow is told of weights."""
  done = running.forked([str(_PROGRAM)], arguments)
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
  "name, flags, expected",
  [
    ("extract_features", [], "1"),
    ("run_tagger", ["--do_predict"], "1"),
    ("run_tagger", ["--do_predict", "--do_train"], "None"),
  ],
)
def test_weights_are_frozen_where_nothing_is_trained(name, flags, expected):
  needed = (*_NEEDED[name], "bert_config_file", "vocab_file")
  assert told(name, *(f"--{flag}=x" for flag in needed), *flags) == expected


@pytest.mark.parametrize("is_ours, expected", [(True, "1"), (False, "None")])
def test_weights_of_own_exports_are_frozen(tmp_path, is_ours, expected):
  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
  def serve(text):
    return {"copy": text}

  signatures = {"serving_default": serve}
  tf.saved_model.save(tf.Module(), str(tmp_path / "1"), signatures)
  if is_ours:
    (tmp_path / "1" / "assets" / "export.json").write_text("{}")
  assert told("predict", f"--saved_model={tmp_path}") == expected


def test_frozen_weights_are_not_trained(tmp_path, monkeypatch, testdata):
  monkeypatch.setenv("TF_ONEDNN_ASSUME_FROZEN_WEIGHTS", "true")
  (tmp_path / "train.txt").write_text("the O\nheron B-bird\n")
  done = running.run(
    "run_tagger",
    "--do_train",
    f"--data_dir={tmp_path}",
    f"--output_dir={tmp_path / 'out'}",
    f"--bert_config_file={testdata / 'tiny' / 'bert_config.json'}",
    f"--vocab_file={testdata / 'vocab.txt'}",
    "--max_seq_length=16",
    "--train_batch_size=1",
  )
  running.assert_plain_error(
    done, "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS is 'true'", "unset it"
  )
