"""K-fold cross-validation on run_classifier's data."""

import collections
import csv
import json
import logging

import numpy as np
import pytest

from bert_tf.tasks.classification import cross_validation, known_tasks, reader
from tests.tasks.classification import classifying

TOLD = {
  "layers": 1,
  "do_train": True,
  "do_eval": True,
  "num_folds": 3,
  "max_seq_length": 12,
}


def test_each_label_is_spread_over_all_parts():
  labels = ["a"] * 10 + ["b"] * 7 + ["c"]
  parts = cross_validation.assign(labels, 3, seed=5)
  counts = collections.Counter(zip(labels, parts, strict=True))
  assert sorted(counts["a", x] for x in (1, 2, 3)) == [3, 3, 4]
  assert sorted(counts["b", x] for x in (1, 2, 3)) == [2, 2, 3]
  assert sorted(collections.Counter(parts).values()) == [6, 6, 6]
  assert cross_validation.assign(labels, 3, seed=5) == parts
  assert cross_validation.assign(labels, 3, seed=6) != parts


def test_splits_are_parts_of_the_file():
  examples = [reader.Example(i, f"t{i}", None, str(i % 2)) for i in range(11)]
  file = reader.ExampleFile("x.tsv", examples)
  seen = []
  for number in (1, 2, 3):
    kept, held_out = cross_validation.Fold(number, 3, 9).split(file)
    assert sorted([*kept.examples, *held_out.examples]) == examples
    assert list(kept.examples) == sorted(kept.examples)
    seen += held_out.examples
  assert sorted(seen) == examples
  with pytest.raises(ValueError, match="11 examples, fewer than num_folds=12"):
    cross_validation.Fold(1, 12, 9).split(file)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
  folder = tmp_path_factory.mktemp("data")
  rows = [f"the {x},{x}" for x in ("heron", "lantern") * 12]
  (folder / "train.csv").write_text("\n".join(["text,label", *rows, ""]))
  (folder / "test.jsonl").write_text('{"text": "the heron"}\n')
  return folder


TASK = known_tasks.tsv("text", None, "label", "single_label")


@pytest.fixture(scope="module")
def done(data, tmp_path_factory):
  out = tmp_path_factory.mktemp("folds") / "out"
  scores = classifying.classify(
    out, TASK, data, learning_rate=2e-3, num_train_epochs=6.0,
    do_predict=True, **TOLD,
  )  # fmt: skip
  return out, scores


def table(path):
  with path.open(newline="") as file:
    return list(csv.reader(file, delimiter="\t"))


def test_every_example_is_predicted_once_in_order(done):
  out, scores = done
  header, *rows = table(out / "out_of_fold.tsv")
  assert header == ["line", "fold", "label", "heron", "lantern"]
  assert [int(row[0]) for row in rows] == list(range(2, 26))
  assert collections.Counter(row[1] for row in rows) == {
    "1": 8, "2": 8, "3": 8,
  }  # fmt: skip
  numbers = np.array([[float(x) for x in row[3:]] for row in rows])
  np.testing.assert_allclose(numbers.sum(-1), 1.0, rtol=1e-5)
  right = [
    header[3 + best] == row[2]
    for best, row in zip(numbers.argmax(-1), rows, strict=True)
  ]
  # Folds have as many examples each, so the means are equal.
  assert scores["eval_accuracy"] == pytest.approx(np.mean(right))
  assert np.mean(right) > 0.8


def test_scores_and_their_spread(done):
  out, scores = done
  rows = {row[0]: row[1:] for row in table(out / "folds.tsv")}
  assert rows["metric"][4:] == ["fold_1", "fold_2", "fold_3"]
  each = [
    classifying.scores(out / f"fold_{i}" / "eval_results.txt")["eval_loss"]
    for i in (1, 2, 3)
  ]
  found = [float(x) for x in rows["eval_loss"]]
  np.testing.assert_allclose(found[:2], [np.mean(each), np.std(each, ddof=1)],
                             rtol=1e-4)  # fmt: skip
  assert scores["eval_loss"] == pytest.approx(np.mean(each), rel=1e-6)
  # Each fold has a model, answers, and notes of its own.
  for number in (1, 2, 3):
    folder = out / f"fold_{number}"
    assert len(classifying.numbers(folder / "test_results.tsv")) == 1
    found = json.loads((folder / "task.json").read_text())
    assert found["labels"] == ["heron", "lantern"]
    assert found["settings"]["num_folds"] == 3
  states = [
    classifying.state(out / f"fold_{i}", 12)["output_weights"] for i in (1, 2)
  ]
  assert np.abs(states[0] - states[1]).max() > 0


def test_it_resumes_and_notices_another_number_of_folds(done, data, caplog):
  out, _ = done
  told = {"learning_rate": 2e-3, "num_train_epochs": 6.0} | TOLD
  before = (out / "out_of_fold.tsv").read_bytes()
  with caplog.at_level(logging.INFO, logger="absl"):
    classifying.classify(out, TASK, data, **told)
  assert caplog.text.count("nothing to train") == 3
  assert "eval_accuracy = " in caplog.text and " ± " in caplog.text
  assert (out / "out_of_fold.tsv").read_bytes() == before
  with pytest.raises(ValueError, match="num_folds was 3, and is 4 now"):
    classifying.classify(out, TASK, data, **told | {"num_folds": 4})


def test_balanced_weights_are_those_of_what_is_trained_on(
  data, tmp_path, caplog
):
  with caplog.at_level(logging.INFO, logger="absl"):
    classifying.classify(
      tmp_path, TASK, data, class_weights="balanced", eval_steps=1,
      best_metric="accuracy", **TOLD,
    )  # fmt: skip
  assert caplog.text.count("class weights: heron 1, lantern 1") == 3
  assert "fold 1 of 3, to train): 16 labels: heron 8, lantern 8" in caplog.text
  assert "fold 3 of 3, held out): 8 labels" in caplog.text
  assert "best_metric=accuracy chooses each fold's checkpoint" in caplog.text


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"do_eval": False}, "num_folds above 1 needs do_train and do_eval"),
    ({"num_trials": 2}, "num_trials and num_folds are both above 1"),
    ({"num_folds": 0}, "num_folds=0 is below 1"),
    ({"num_folds": 25}, "24 examples, fewer than num_folds=25"),
    ({"strategy": "multi_worker"}, "does not work with multi_worker"),
  ],
)
def test_what_does_not_fit(data, tmp_path, changes, message):
  with pytest.raises(ValueError, match=message):
    classifying.classify(tmp_path / "out", TASK, data, **TOLD | changes)
  assert not (tmp_path / "out").exists()


def test_a_folder_of_a_run_without_folds(data, tmp_path):
  (tmp_path / "task.json").write_text('{"task": "tsv"}')
  with pytest.raises(ValueError, match="in use by a run without folds"):
    classifying.classify(tmp_path, TASK, data, **TOLD)
