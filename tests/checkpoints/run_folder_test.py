"""A run's folder has what it takes to load its model."""

import numpy as np
import pytest
from absl import logging

import bert_tf
from bert_tf.checkpoints import run_folder
from tests.tasks.classification import classifying

CONFIG = bert_tf.BertConfig.from_json_file(
  classifying.TESTDATA / "tiny" / "bert_config.json"
)
VOCAB = classifying.TESTDATA / "vocab.txt"


def test_what_is_there_stays(tmp_path, caplog):
  other = bert_tf.BertConfig(vocab_size=3, hidden_size=4, num_attention_heads=1)
  run_folder.complete(str(tmp_path), other)
  assert [path.name for path in tmp_path.iterdir()] == ["bert_config.json"]
  with caplog.at_level(logging.WARNING):
    run_folder.complete(str(tmp_path), CONFIG, VOCAB)
    assert "bert_config.json is left as it is" in caplog.text
    caplog.clear()
    run_folder.complete(str(tmp_path), other, VOCAB)
  assert not caplog.text
  path = tmp_path / "bert_config.json"
  assert bert_tf.BertConfig.from_json_file(path) == other
  assert (tmp_path / "vocab.txt").read_bytes() == VOCAB.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp("run") / "out"
  classifying.classify(
    folder,
    layers=1,
    do_train=True,
    do_eval=True,
    num_train_epochs=0.2,
    eval_steps=2,
    best_metric="eval_accuracy",
  )
  return folder


def test_a_predictor_loads_a_run(folder):
  """And the best checkpoint below it, without being told of other files."""
  answers = []
  for path in (folder, folder / "best"):
    classify = bert_tf.TextClassifier.from_checkpoint(path)
    assert classify.output_names == ("0", "1")
    assert len(classify.tokenizer.vocab) == CONFIG.vocab_size
    answers.append(classify([("the heron", "it was")]))
  assert len(answers) == 2


def test_a_run_is_fitted_on(folder, tmp_path):
  model = bert_tf.BertClassifier.from_checkpoint(folder)
  loaded = model.head.output_bias.numpy()
  assert np.abs(loaded).max() > 0  # trained
  model.save_checkpoint(tmp_path / "on", labels=["no", "yes"])
  classify = bert_tf.TextClassifier.from_checkpoint(tmp_path / "on")
  assert classify.output_names == ("no", "yes")
  scores = classifying.classify(
    tmp_path / "evaluated",
    layers=1,
    do_eval=True,
    init_checkpoint=str(tmp_path / "on"),
  )
  assert 0 <= scores["eval_accuracy"] <= 1
