"""Losses and scores, recomputed in NumPy."""

import numpy as np
import pytest

from bert_tf.tasks.classification import (
  known_tasks,
  loss,
  metrics,
  task_definition,
)
from bert_tf.training import addons
from tests import needs

SINGLE, MULTI, REGRESSION = task_definition.KINDS


def make(kind, labels=()):
  return known_tasks.tsv("t", None, "l", kind, labels)


@pytest.fixture
def data():
  """Logits [20, 3], and labels of each kind."""
  rng = np.random.default_rng(5)
  return {
    "logits": rng.normal(size=[20, 3]).astype(np.float32),
    SINGLE: rng.integers(0, 3, [20, 1]).astype(np.int32),
    MULTI: rng.integers(0, 2, [20, 3]).astype(np.int32),
    REGRESSION: rng.normal(size=[20, 1]).astype(np.float32),
  }


def softmax(x):
  e = np.exp(x - x.max(axis=-1, keepdims=True))
  return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x):
  return 1 / (1 + np.exp(-x))


def losses_of(kind, logits, labels):
  if kind == SINGLE:
    return -np.log(softmax(logits)[np.arange(len(labels)), labels[:, 0]])
  if kind == REGRESSION:
    return (logits[:, 0] - labels[:, 0]) ** 2
  p = sigmoid(logits)
  return -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean(axis=-1)


def f1(truth, found):
  right = (truth & found).sum()
  return 2 * right / (truth.sum() + found.sum())


@pytest.mark.parametrize("kind", task_definition.KINDS)
def test_losses_and_activations(data, kind):
  logits = data["logits"][:, : 1 if kind == REGRESSION else 3]
  np.testing.assert_allclose(
    loss.losses(kind, logits, data[kind]),
    losses_of(kind, logits, data[kind]),
    atol=1e-6,
  )
  expected = {SINGLE: softmax, MULTI: sigmoid, REGRESSION: lambda x: x}[kind]
  np.testing.assert_allclose(
    loss.activation(kind, logits), expected(logits), atol=1e-6
  )


def test_single_label_scores(data):
  logits, labels = data["logits"], data[SINGLE]
  task = make(SINGLE, ("a", "b", "c"))
  scores = metrics.score(task, logits, labels, 8)
  losses = losses_of(SINGLE, logits, labels)
  truth, found = labels[:, 0], logits.argmax(axis=-1)
  assert scores["eval_loss"] == pytest.approx(losses.mean(), abs=1e-6)
  batches = [losses[:8].mean(), losses[8:16].mean(), losses[16:].mean()]
  assert scores["loss"] == pytest.approx(np.mean(batches), abs=1e-6)
  assert abs(scores["loss"] - scores["eval_loss"]) > 1e-4
  assert scores["eval_accuracy"] == pytest.approx((truth == found).mean())
  each = [f1(truth == i, found == i) for i in range(3)]
  assert scores["eval_f1_macro"] == pytest.approx(np.mean(each))
  right = ((truth == 1) & (found == 1)).sum()
  assert scores["eval_precision_b"] == pytest.approx(right / (found == 1).sum())
  assert scores["eval_recall_b"] == pytest.approx(right / (truth == 1).sum())
  one_hot = np.eye(3)
  covariance = np.cov(one_hot[truth].T, one_hot[found].T)[:3, 3:].trace()
  spread = np.cov(one_hot[truth].T).trace() * np.cov(one_hot[found].T).trace()
  expected = covariance / np.sqrt(spread)
  assert scores["eval_matthews"] == pytest.approx(expected, abs=1e-6)


def test_binary_f1_is_of_the_second_label(data):
  logits = data["logits"][:, :2]
  labels = data[MULTI][:, :1]
  scores = metrics.score(known_tasks.find("mrpc"), logits, labels, 8)
  expected = f1(labels[:, 0] == 1, logits.argmax(axis=-1) == 1)
  assert scores["eval_f1"] == pytest.approx(expected)


def test_multi_label_scores(data):
  logits, labels = data["logits"], data[MULTI]
  scores = metrics.score(make(MULTI, ("a", "b", "c")), logits, labels, 8)
  truth, found = labels > 0, logits > 0
  assert scores["eval_accuracy"] == pytest.approx((truth == found).mean())
  exact = (truth == found).all(axis=-1).mean()
  assert scores["eval_exact_match"] == pytest.approx(exact)
  assert scores["eval_f1_micro"] == pytest.approx(f1(truth, found))
  each = [f1(truth[:, i], found[:, i]) for i in range(3)]
  assert scores["eval_f1_macro"] == pytest.approx(np.mean(each))


def test_regression_scores(data):
  logits, labels = data["logits"][:, :1], data[REGRESSION]
  scores = metrics.score(known_tasks.find("sts-b"), logits, labels, 8)
  x, y = logits[:, 0], labels[:, 0]
  pearson = np.corrcoef(x, y)[0, 1]
  ranks = [np.argsort(np.argsort(values)) for values in (x, y)]
  assert scores["eval_pearson"] == pytest.approx(pearson, abs=1e-6)
  assert scores["eval_spearman"] == pytest.approx(np.corrcoef(*ranks)[0, 1])
  assert "eval_accuracy" not in scores


def test_what_is_not_defined_is_0():
  constant = np.ones([4, 1], np.float32)
  for count in (1, 4):
    scores = metrics.score(
      known_tasks.find("sts-b"), constant[:count], constant[:count], 8
    )
    assert scores["eval_pearson"] == scores["eval_spearman"] == 0.0
  logits = np.tile(np.float32([1, 0]), [4, 1])
  labels = np.array([[0], [0], [1], [1]], np.int32)
  scores = metrics.score(known_tasks.find("cola"), logits, labels, 8)
  assert scores["eval_matthews"] == scores["eval_precision_1"] == 0.0


@pytest.mark.parametrize(
  "task",
  [
    known_tasks.find("cola"),
    known_tasks.find("mnli"),
    known_tasks.find("sts-b"),
    make(MULTI, ("a", "b", "c")),
  ],
)
def test_names_are_known_before(data, task):
  outputs = task.outputs
  labels = data[task.kind] % 2 if task.kind == SINGLE else data[task.kind]
  scores = metrics.score(task, data["logits"][:, :outputs], labels, 8)
  assert metrics.names(task) == sorted(scores)


def test_eval_results_holds_the_original_s_names(data):
  scores = metrics.score(
    known_tasks.find("mnli"), data["logits"], data[SINGLE], batch_size=8
  )
  assert set(metrics.main_results(scores)) == {
    "eval_accuracy",
    "eval_loss",
    "loss",
  }


ODD = {
  "random": np.random.default_rng(8).normal(size=[40, 3]),
  "one label alone is predicted": np.tile([3.0, 1.0, 0.0], [40, 1]),
  "none is predicted": np.full([40, 3], -1.0),
}


@pytest.mark.parametrize("name", ODD)
def test_f1_and_matthews_are_those_of_tensorflow_addons(name):
  """A cross-check: nothing but LAMB and this test needs that package."""
  needs.addons()
  tfa_metrics = addons.load().metrics
  rng = np.random.default_rng(9)
  logits = ODD[name].astype(np.float32)

  def result(metric, truth, found):
    metric.update_state(truth.astype(np.float32), found.astype(np.float32))
    return np.nan_to_num(metric.result())

  for task in (make(SINGLE, ("a", "b", "c")), known_tasks.find("mrpc")):
    count = task.outputs
    labels = rng.integers(0, count, [40, 1]).astype(np.int32)
    scores = metrics.score(task, logits[:, :count], labels, 8)
    both = (
      np.eye(count)[labels[:, 0]],
      np.eye(count)[logits[:, :count].argmax(axis=-1)],
    )
    each = result(tfa_metrics.F1Score(count, average=None), *both)
    assert scores["eval_f1_macro"] == pytest.approx(each.mean(), abs=1e-6)
    if count == 2:
      assert scores["eval_f1"] == pytest.approx(each[1], abs=1e-6)
    matthews = result(tfa_metrics.MatthewsCorrelationCoefficient(count), *both)
    assert scores["eval_matthews"] == pytest.approx(float(matthews), abs=1e-6)
  for names in (("a", "b", "c"), ("a",)):
    count = len(names)
    labels = rng.integers(0, 2, [40, count]).astype(np.int32)
    scores = metrics.score(make(MULTI, names), logits[:, :count], labels, 8)
    for average in ("micro", "macro"):
      metric = tfa_metrics.F1Score(count, average, threshold=0.5)
      want = result(metric, labels, logits[:, :count] > 0)
      assert scores[f"eval_f1_{average}"] == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("kind", task_definition.KINDS)
def test_objective_leaves_out_what_is_not_real(data, kind):
  logits = data["logits"][:, : 1 if kind == REGRESSION else 3]
  batch = {
    "label_ids": data[kind],
    "is_real_example": np.array([[1]] * 15 + [[0]] * 5, np.int32),
  }
  goal = loss.ClassificationObjective(kind)
  sums = goal.sums(lambda inputs, training: logits, batch, training=False)
  assert set(sums) == set(goal.sum_names)
  assert float(goal.weights(batch)["label"]) == 15
  expected = losses_of(kind, logits, data[kind])[:15].sum()
  assert float(sums["label"]) == pytest.approx(expected, rel=1e-5)
  found = goal.results(
    {name: float(x) for name, x in sums.items()} | {"label_weight": 15.0}
  )
  if kind == SINGLE:
    right = (logits.argmax(axis=-1) == data[kind][:, 0])[:15].mean()
    assert found == {"accuracy": pytest.approx(right)}
  assert bool(found) == (kind != REGRESSION)
