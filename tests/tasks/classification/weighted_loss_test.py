"""Class weights and label smoothing of classification."""

import logging

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.tasks.classification import known_tasks, loss, task_definition
from bert_tf.training import objectives
from tests import processes
from tests.tasks.classification import classifying

LOGITS = np.random.default_rng(4).normal(size=[6, 3]).astype(np.float32)
REAL = np.array([1, 1, 1, 1, 1, 0])
LABELS = np.array([0, 2, 1, 1, 0, 2])
SEVERAL = np.random.default_rng(5).integers(0, 2, [6, 3])
WEIGHTS = (0.5, 2.0, 3.0)


def loss_of(objective, labels, rows=slice(None)):
  """The loss of a batch in two parts, as micro-batches and replicas have it."""
  parts = [slice(0, 3), slice(3, 6)]
  total = {}
  weights = {}
  for part in parts:
    batch = {
      "label_ids": tf.constant(labels[part], tf.int32),
      "is_real_example": tf.constant(REAL[part, None], tf.int32),
    }
    logits = tf.constant(LOGITS[part])
    sums = objective.sums(lambda *_, x=logits, **__: x, batch, training=True)
    assert set(sums) == set(objective.sum_names)
    for name, value in sums.items():
      total[name] = total.get(name, 0.0) + value
    for name, value in objective.weights(batch).items():
      weights[name] = weights.get(name, 0.0) + value
  found = objectives.combine(objective, total, weights)
  sums = {name: float(value) for name, value in total.items()}
  return float(found), objective.results(sums)


def log_softmax(logits):
  logits = logits.astype(np.float64)
  return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@pytest.mark.parametrize("weights", [(), WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_label_against_numpy(weights, smoothing):
  objective = loss.ClassificationObjective(
    task_definition.SINGLE_LABEL, weights, smoothing
  )
  found, results = loss_of(objective, LABELS[:, None])
  target = np.eye(3)[LABELS] * (1 - smoothing) + smoothing / 3
  each = -(target * log_softmax(LOGITS)).sum(-1)
  scale = REAL * (np.array(weights)[LABELS] if weights else 1.0)
  assert found == pytest.approx((each * scale).sum() / scale.sum(), rel=1e-6)
  right = (LOGITS.argmax(-1) == LABELS) * REAL
  assert results["accuracy"] == pytest.approx(right.sum() / REAL.sum())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_several_labels_against_numpy(smoothing):
  objective = loss.ClassificationObjective(
    task_definition.MULTI_LABEL, (), smoothing
  )
  found, _ = loss_of(objective, SEVERAL)
  target = SEVERAL * (1 - smoothing) + smoothing / 2
  p = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))
  each = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(-1)
  assert found == pytest.approx((each * REAL).sum() / REAL.sum(), rel=1e-6)


TOLD = {
  # With a head: a new one would differ from strategy to strategy.
  "init_checkpoint": str(classifying.GOLDENS / "mrpc" / "model.ckpt-40"),
  "layers": 1,
  "do_train": True,
  "class_weights": "balanced",
  "label_smoothing": 0.1,
  "layer_decay": 0.8,
  "has_dropout": False,
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
  out = tmp_path_factory.mktemp("alone")
  classifying.classify(out, **TOLD)
  return out


def test_weights_are_those_of_the_training_data(alone, tmp_path, caplog):
  with caplog.at_level(logging.INFO, logger="absl"):
    classifying.classify(tmp_path, do_eval=True, **TOLD)
  text = (classifying.GOLDENS / "mrpc" / "data" / "train.tsv").read_text()
  labels = [line.split("\t")[0] for line in text.splitlines()[1:]]
  weights = [f"{x} {80 / 2 / labels.count(x):.4g}" for x in "01"]
  assert f"class weights: {', '.join(weights)}" in caplog.text
  plain = {k: v for k, v in TOLD.items() if "class" not in k}
  classifying.classify(tmp_path / "plain", **plain)
  first, second = (
    classifying.state(folder, 10) for folder in (alone, tmp_path / "plain")
  )
  assert np.abs(first["output_bias"] - second["output_bias"]).max() > 1e-6


@pytest.mark.parametrize("micro_batches, pack", [(2, None), (1, False)])
def test_batches_in_parts_and_with_padding(
  alone, tmp_path, micro_batches, pack
):
  classifying.classify(
    tmp_path, **TOLD, gradient_accumulation_steps=micro_batches, pack=pack
  )
  assert_close(alone, tmp_path)


def test_two_logical_devices(alone, tmp_path):
  processes.finish(
    classifying.classify_in_process(
      tmp_path, **TOLD, logical_devices=2, strategy="mirrored"
    )
  )
  assert_close(alone, tmp_path)


def assert_close(one, two):
  first, second = classifying.state(one, 10), classifying.state(two, 10)
  for name, value in first.items():
    if "key/bias" not in name:  # without a gradient but rounding
      np.testing.assert_allclose(second[name], value, atol=2e-6, err_msg=name)


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"class_weights": "1:2"}, "class_weights was balanced, and is 1:2 now"),
    ({"class_weights": None}, "class_weights was balanced, and is unset now"),
    ({"label_smoothing": 0.0}, "label_smoothing was 0.1, and is 0.0 now"),
    ({"layer_decay": 1.0}, "layer_decay was 0.8, and is 1.0 now"),
  ],
)
def test_a_run_does_not_go_on_with_others(alone, changes, message):
  before = classifying.bytes_of(alone)
  with pytest.raises(ValueError, match=message):
    classifying.classify(alone, **TOLD | changes)
  assert classifying.bytes_of(alone) == before


@pytest.mark.parametrize(
  "kind, changes, message",
  [
    ("multi_label", {"class_weights": "balanced"}, "needs task_type=single_l"),
    ("regression", {"class_weights": "balanced"}, "needs task_type=single_la"),
    ("regression", {"label_smoothing": 0.1}, "but regression has no labels"),
    ("single_label", {"class_weights": "x:1"}, "the label 'x' is none of '1'"),
    ("single_label", {"label_smoothing": 1.0}, "label_smoothing=1.0 is not fr"),
  ],
)
def test_what_does_not_fit_is_refused(tmp_path, kind, changes, message):
  (tmp_path / "train.csv").write_text("text,label\n" + "a,1\nb,2\n" * 4)
  task = known_tasks.tsv("text", None, "label", kind)
  with pytest.raises(ValueError, match=message):
    classifying.classify(
      tmp_path / "out", task, tmp_path, layers=1, do_train=True, **changes
    )
  assert not (tmp_path / "out").exists()
