"""Classification from files to files."""

import json
import shutil

import numpy as np
import pytest

from bert_tf.checkpoints import checkpoint_reader
from bert_tf.models import classifier
from bert_tf.tasks.classification import (
  known_tasks,
  metrics,
  task_definition,
)
from bert_tf.training import trials
from tests.tasks.classification import classifying


@pytest.fixture(scope="module")
def own_data(tmp_path_factory):
  """A table that any model learns: are there a heron and a lantern?"""
  folder = tmp_path_factory.mktemp("own")
  rng = np.random.default_rng(3)
  for name, count in (("train", 64), ("dev", 12), ("test", 9)):
    lines = ["id\tlabels\tsentence\tone\tscore"]
    for index in range(count):
      both = rng.integers(0, 2, 2)
      words = [
        w for w, on in zip(("heron", "lantern"), both, strict=True) if on
      ]
      lines.append(
        f"{index}\t{';'.join(words)}\tthe {' the '.join(words)}"
        f"\t{'yes' if both[0] else 'no'}\t{both.sum()}.5"
      )
    (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")
  return folder


def own(kind, column, labels=()):
  return known_tasks.tsv("sentence", None, column, kind, labels, ";")


def learn(folder, task, data, **changes):
  """Trains so long that the tiny model gets it right."""
  settings = {
    "do_train": True,
    "do_eval": True,
    "do_predict": True,
    "max_seq_length": 12,
    "num_train_epochs": 8.0,
    "learning_rate": 2e-3,
  }
  return classifying.classify(folder, task, data, **(settings | changes))


def test_labels_are_found_and_learned(own_data, tmp_path):
  task = own(task_definition.SINGLE_LABEL, "one")
  scores = learn(tmp_path, task, own_data, test_results_header=True)
  assert scores["eval_accuracy"] == 1.0
  found = json.loads((tmp_path / "task.json").read_text())
  assert found["labels"] == ["no", "yes"]
  lines = (tmp_path / "test_results.tsv").read_text().splitlines()
  assert lines[0] == "no\tyes"
  answers = [lines[0].split("\t")[np.argmax(np.float64(line.split("\t")))]
             for line in lines[1:]]  # fmt: skip
  rows = (own_data / "test.tsv").read_text().splitlines()[1:]
  assert answers == [row.split("\t")[3] for row in rows]
  # Applied again without the training file, it knows its labels.
  lone = tmp_path / "lone"
  lone.mkdir()
  shutil.copyfile(own_data / "test.tsv", lone / "test.tsv")
  before = (tmp_path / "test_results.tsv").read_text()
  classifying.classify(tmp_path, task, lone, do_predict=True, max_seq_length=12)
  again = classifying.numbers(tmp_path / "test_results.tsv")
  np.testing.assert_allclose(
    again, [list(map(float, x.split("\t"))) for x in before.splitlines()[1:]],
    atol=1e-6,
  )  # fmt: skip


def test_several_labels_are_learned(own_data, tmp_path):
  task = own(task_definition.MULTI_LABEL, "labels")
  scores = learn(tmp_path, task, own_data)
  assert scores["eval_exact_match"] == 1.0
  assert scores["eval_f1_micro"] == pytest.approx(1.0)
  answers = np.array(classifying.numbers(tmp_path / "test_results.tsv"))
  rows = (own_data / "test.tsv").read_text().splitlines()[1:]
  cells = [row.split("\t")[1] for row in rows]
  expected = [["heron" in cell, "lantern" in cell] for cell in cells]
  np.testing.assert_array_equal(answers > 0.5, expected)
  record = classifying.records(tmp_path / "train.tf_record")[0]
  assert len(record["label_ids"][1]) == 2


def test_a_number_is_learned(own_data, tmp_path):
  task = own(task_definition.REGRESSION, "score")
  scores = learn(
    tmp_path, task, own_data, num_train_epochs=30.0, learning_rate=5e-4
  )
  assert scores["eval_pearson"] > 0.9
  assert set(classifying.scores(tmp_path / "eval_results.txt")) == {
    "eval_loss",
    "eval_pearson",
    "eval_spearman",
    "global_step",
    "loss",
  }
  assert np.shape(classifying.numbers(tmp_path / "test_results.tsv")) == (9, 1)
  record = classifying.records(tmp_path / "train.tf_record")[0]
  assert record["label_ids"][0] == "float_list"


def test_a_resumed_training_ends_where_an_undisturbed_one_does(tmp_path):
  whole, resumed = tmp_path / "whole", tmp_path / "resumed"
  settings = {
    "layers": 1,
    "do_train": True,
    "do_eval": True,
    "do_predict": True,
    "save_checkpoints_steps": 4,
    "keep_checkpoint_max": 0,
  }
  classifying.classify(whole, **settings)
  shutil.copytree(whole, resumed)
  for path in resumed.glob("model.ckpt-[18]*"):
    path.unlink()
  classifying.list_checkpoint(resumed, 4)
  classifying.classify(resumed, **settings)
  classifying.assert_same(
    classifying.state(whole, 10), classifying.state(resumed, 10)
  )
  for name in ("eval_results.txt", "test_results.tsv", "train.tf_record"):
    assert (whole / name).read_bytes() == (resumed / name).read_bytes()
  start = checkpoint_reader.Reader(
    classifying.TESTDATA / "tiny" / "bert_model.ckpt"
  )
  name = "bert/pooler/dense/kernel"
  assert (
    np.abs(classifying.state(whole, 10)[name] - start.read(name)).max() > 1e-5
  )


def test_the_best_is_kept_and_used(own_data, tmp_path):
  learn(
    tmp_path,
    own(task_definition.SINGLE_LABEL, "one"),
    own_data,
    eval_steps=8,
    best_metric="accuracy",
    early_stopping_patience=2,
    num_train_epochs=20.0,
  )
  best = json.loads((tmp_path / "best" / "best.json").read_text())
  assert best["metric"] == "eval_accuracy"
  assert best["value"] == 1.0
  found = classifying.scores(tmp_path / "eval_results.txt")
  assert found["global_step"] == best["step"] < 144
  assert found["eval_accuracy"] == 1.0
  last = max(
    int(path.stem.rpartition("-")[2]) for path in tmp_path.glob("model.ckpt-*")
  )
  assert last == best["step"] + 16


def test_trials_have_seeds_of_their_own(tmp_path):
  scores = classifying.classify(
    tmp_path, do_train=True, do_eval=True, num_trials=2, seed=7,
    learning_rate=1e-3, layers=1,
  )  # fmt: skip
  losses = [
    classifying.scores(tmp_path / f"trial_{i}" / "eval_results.txt")["loss"]
    for i in (1, 2)
  ]
  assert losses[0] != losses[1]
  assert scores["loss"] == pytest.approx(np.mean(losses), rel=1e-6)
  table_text = (tmp_path / "trials.tsv").read_text()
  rows = {row[0]: row[1:] for row in map(str.split, table_text.splitlines())}
  assert rows["metric"][:4] == ["mean", "std", "min", "max"]
  assert float(rows["loss"][1]) == pytest.approx(
    np.std(losses, ddof=1), rel=1e-3
  )
  alone = classifying.classify(
    tmp_path / "alone",
    do_train=True,
    do_eval=True,
    seed=8,
    learning_rate=1e-3,
    layers=1,
  )
  assert alone["loss"] == pytest.approx(losses[1], rel=1e-6)


def test_trials_are_summed_up():
  text = trials.summary([{"f1": 0.5, "a": 1.0}, {"f1": 0.7, "a": 1.0}])
  assert text.splitlines()[2] == "f1\t0.6\t0.141421\t0.5\t0.7\t0.5\t0.7"


def test_frozen_layers_stay(tmp_path):
  classifying.classify(
    tmp_path, do_train=True, freeze_layers=2, learning_rate=1e-2
  )
  start = checkpoint_reader.Reader(
    classifying.TESTDATA / "tiny" / "bert_model.ckpt"
  )
  end = classifying.state(tmp_path, 10)
  for name in start.shapes:
    if name.startswith("bert/"):
      frozen = name.startswith(
        ("bert/embeddings", "bert/encoder/layer_0/", "bert/encoder/layer_1/")
      )
      assert np.array_equal(start.read(name), end[name]) == frozen, name


def test_evaluating_often_traces_the_model_once(tmp_path, monkeypatch):
  calls = []
  call = classifier.BertClassifier.call

  def counted(self, inputs, training=False, **kwargs):
    calls.append(training)
    return call(self, inputs, training, **kwargs)

  monkeypatch.setattr(classifier.BertClassifier, "call", counted)
  counts = []
  for every in (5, 2):
    calls.clear()
    classifying.classify(
      tmp_path / str(every), do_train=True, eval_steps=every, layers=1
    )
    counts.append(calls.count(False))
  assert counts[0] == counts[1] > 0


def test_killed_while_evaluating_it_keeps_the_same_best(tmp_path, monkeypatch):
  settings = {
    "layers": 1,
    "do_train": True,
    "save_checkpoints_steps": 2,
    "eval_steps": 2,
    "best_metric": "loss",
    "learning_rate": 1e-3,
  }
  whole, killed = tmp_path / "whole", tmp_path / "killed"
  classifying.classify(whole, **settings)
  best = (whole / "best" / "best.json").read_text()
  step = json.loads(best)["step"]
  score = metrics.score
  left = [step // 2]

  def kill(*arguments):
    left[0] -= 1
    if not left[0]:
      raise KeyboardInterrupt
    return score(*arguments)

  monkeypatch.setattr(metrics, "score", kill)
  with pytest.raises(KeyboardInterrupt):
    classifying.classify(killed, **settings)
  classifying.classify(killed, **settings)
  assert (killed / "best" / "best.json").read_text() == best
  classifying.assert_same(
    classifying.state(whole, 10), classifying.state(killed, 10)
  )
  classifying.assert_same(
    classifying.state(whole / "best", step),
    classifying.state(killed / "best", step),
  )
