"""The ritual of a run, on a task made up for it."""

import dataclasses
import json
import types

import numpy as np
import pytest
import tensorflow as tf
from absl import logging

import bert_tf
from bert_tf.checkpoints import run_metadata
from bert_tf.models import classifier
from bert_tf.records import example_encoder, record_writer
from bert_tf.training import (
  device_strategy,
  fine_tuning_session,
  fine_tuning_settings,
  task_head,
  task_runner,
  training_loop,
)

LENGTH = 6
INPUTS = ("input_ids", "input_mask", "segment_ids")


class Objective:
  """Every text is of class 1."""

  epsilons = types.MappingProxyType({"label": 0.0})
  sum_names = ("label",)
  uses_padding = False

  def weights(self, batch):
    return {"label": tf.cast(tf.shape(batch["input_ids"])[0], tf.float32)}

  def sums(self, model, batch, training):
    logits = model(batch, training=training)
    return {"label": -tf.reduce_sum(tf.nn.log_softmax(logits)[:, 1])}

  def results(self, sums):
    return {}


@dataclasses.dataclass(frozen=True)
class Data:
  """Writes down what is asked of it."""

  asked: list
  arrays: dict
  objective = Objective()
  num_train_examples = 16

  metric_note = "a note"

  def metric_names(self):
    return ["eval_score"]

  def write_records(self, folder, is_chief):
    self.asked.append("write_records")
    path = f"{folder}/train.tf_record"
    with record_writer.RecordWriter(path) as writer:
      writer.write_many(*example_encoder.encode_examples(self.arrays))
    sequence = tf.io.FixedLenFeature([LENGTH], tf.int64)
    return fine_tuning_session.TrainingRecords(
      path, dict.fromkeys(INPUTS, sequence), {}, self.num_train_examples
    )

  def evaluate(self, strategy, model):
    self.asked.append("evaluate")
    return {"eval_score": float(model(self.arrays)[0, 1])}

  def write_scores(self, folder, step, scores):
    self.asked.append(f"write_scores {step}")

  def predict(self, strategy, model):
    self.asked.append("predict")
    return task_runner.Predicted("answers", {"more": 1.0})

  def write_answers(self, folder, step, predicted):
    self.asked.append(f"write_answers {predicted.answers} {step}")


@dataclasses.dataclass(frozen=True)
class Task:
  """Fails in the method that is named, if one is."""

  options: types.SimpleNamespace
  asked: list
  fails_in: str = ""
  metadata = run_metadata.RunMetadata("made_up", labels=("a", "b"))
  head = task_head.TaskHead(2)
  settings = types.MappingProxyType({})

  def train_files(self):
    return []

  def with_labels(self, before):
    self._enter("with_labels", before)
    return self

  def model(self, config, **kwargs):
    return classifier.BertClassifier(config, 2, **kwargs)

  def read(self, config, tokenizer, evaluates):
    self._enter("read", evaluates)
    ids = np.random.default_rng(1).integers(5, 600, [16, LENGTH])
    arrays = {
      "input_ids": ids.astype(np.int32),
      "input_mask": np.ones_like(ids, np.int32),
      "segment_ids": np.zeros_like(ids, np.int32),
    }
    return Data(self.asked, arrays)

  def _enter(self, name, value):
    self.asked.append(f"{name} {value}")
    if name == self.fails_in:
      raise ValueError(f"{name} fails")


@pytest.fixture
def run(testdata):
  """Runs the task; returns what was asked of it, and the scores."""

  def begin(output_dir, fails_in="", tuning=None, num_trials=1, **options):
    told = {
      "vocab_file": str(testdata / "vocab.txt"),
      "do_lower_case": True,
      "max_seq_length": LENGTH,
      "do_train": False,
      "do_eval": False,
      "do_predict": False,
    } | options
    config = bert_tf.BertConfig.from_json_file(
      testdata / "tiny" / "bert_config.json"
    )
    asked = []
    scores = task_runner.run(
      Task(types.SimpleNamespace(**told), asked, fails_in),
      dataclasses.replace(config, num_hidden_layers=1),
      fine_tuning_settings.FineTuningSettings(
        str(output_dir),
        **{
          "init_checkpoint": str(testdata / "tiny" / "bert_model.ckpt"),
          "num_train_epochs": 1.0,
        }
        | (tuning or {}),
      ),
      training_loop.LoopSettings(8),
      device_strategy.DeviceSettings(),
      num_trials,
    )
    return asked, scores

  return begin


def test_everything_in_its_order(run, tmp_path):
  asked, scores = run(
    tmp_path,
    do_train=True,
    do_eval=True,
    do_predict=True,
    tuning={"eval_steps": 1, "best_metric": "score"},
  )
  assert asked[:3] == ["with_labels None", "read True", "write_records"]
  assert asked[3:] == [
    *("evaluate", "evaluate", "evaluate"),  # twice while it trains
    *("write_scores 2", "predict", "write_answers answers 2"),
  ]
  assert set(scores) == {"eval_score", "more"}
  found = run_metadata.read(str(tmp_path))
  assert found == Task.metadata
  # A later run is told of it.
  asked, _ = run(tmp_path, do_predict=True)
  assert asked[:2] == [f"with_labels {found}", "read False"]


def test_what_a_killed_run_found_best_is_of_its_settings(run, tmp_path):
  """Nothing but the best was kept; another rate must not be given its model."""
  tuning = {"eval_steps": 1, "best_metric": "score"}
  run(tmp_path, do_train=True, tuning=tuning)
  for path in [*tmp_path.glob("model.ckpt*"), tmp_path / "checkpoint"]:
    path.unlink()
  with pytest.raises(ValueError, match=r"rate was 5e-05, and is 0\.001"):
    run(tmp_path, do_train=True, tuning=tuning | {"learning_rate": 1e-3})
  run(tmp_path, do_train=True, tuning=tuning)


def test_a_model_is_applied_as_it_was_trained(run, tmp_path):
  """Of another number of heads all shapes are the same."""
  run(tmp_path, do_train=True)
  path = tmp_path / "task.json"
  found = json.loads(path.read_text())
  found["settings"]["bert_config.num_attention_heads"] += 1
  path.write_text(json.dumps(found))
  with pytest.raises(ValueError, match="num_attention_heads was"):
    run(tmp_path, do_predict=True)


def test_that_the_best_is_not_applied_is_told(run, tmp_path, monkeypatch):
  run(
    tmp_path,
    do_train=True,
    tuning={"eval_steps": 1, "best_metric": "score"},
  )
  said = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  run(tmp_path, do_predict=True)
  assert any("keeps a best checkpoint" in text for text in said)
  said.clear()
  run(
    tmp_path,
    do_predict=True,
    do_eval=True,
    tuning={"eval_steps": 1, "best_metric": "score"},
  )
  assert not any("keeps a best checkpoint" in text for text in said)


def test_a_comma_in_the_name_of_the_folder(run, tmp_path):
  run(tmp_path / "rate=1,batch=8", do_train=True)


def test_trials_share_records(run, tmp_path):
  asked, scores = run(tmp_path, num_trials=2, do_train=True, do_eval=True)
  assert asked.count("write_records") == 1
  assert asked.count("write_scores 2") == 2
  assert (tmp_path / "trials.tsv").exists()
  for folder in ("trial_1", "trial_2"):
    assert (tmp_path / folder / "model.ckpt-2.index").exists()
  assert set(scores) == {"eval_score"}


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"do_lower_case": False}, "names the uncased model|do_lower_case"),
    ({"max_seq_length": 65}, "max_position_embeddings=64"),
    ({"tuning": {"freeze_layers": 2}}, "freeze_layers=2, but the model has 1"),
    ({"vocab_file": "/nowhere/vocab.txt"}, "/nowhere/vocab.txt"),
    ({"fails_in": "with_labels"}, "with_labels fails"),
    ({"tuning": {"init_checkpoint": "/nowhere/x"}}, "/nowhere/x"),
    ({"do_train": False, "do_predict": True}, "expected a variable 'output_w"),
    ({"fails_in": "read"}, "read fails"),
    (
      {"tuning": {"eval_steps": 1, "best_metric": "f1"}},
      "best_metric='f1' is not a metric of this task; it is one of eval_score",
    ),
    ({"tuning": {"num_train_epochs": 0.1}}, "make not one step"),
  ],
)
def test_what_fails_fails_before_anything_is_written(
  run, tmp_path, changes, message
):
  if "do_lower_case" in changes:
    name = "/x/uncased_L-12_H-768_A-12/bert_model.ckpt"
    changes = changes | {"tuning": {"init_checkpoint": name}}
  with pytest.raises((ValueError, OSError), match=message):
    run(tmp_path / "out", **({"do_train": True} | changes))
  assert not (tmp_path / "out").exists()


def test_another_task_s_folder(run, tmp_path):
  (tmp_path / "task.json").write_text('{"task": "cola"}')
  with pytest.raises(ValueError, match="in use by another task"):
    run(tmp_path, do_train=True)
  assert [path.name for path in tmp_path.iterdir()] == ["task.json"]
