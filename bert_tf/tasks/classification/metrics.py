"""How good the answers are: numbers over a whole evaluation set."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.stats
import sklearn.metrics

from bert_tf.tasks.classification import loss, task_definition

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[Any]
Results = dict[str, float]

PREFIX = "eval_"

# What eval_results.txt holds beside global_step: the original's names.
_MAIN = ("eval_accuracy", "eval_loss", "loss", "eval_pearson", "eval_spearman")


def main_results(results: Mapping[str, float]) -> Results:
  """The results that go into eval_results.txt."""
  return {name: results[name] for name in _MAIN if name in results}


def score(
  task: task_definition.TaskDefinition,
  logits: Floats,
  labels: Labels,
  batch_size: int,
) -> Results:
  """Scores an evaluation set.

  Args:
    task: The task.
    logits: [N, C].
    labels: As of `features.make`.
    batch_size: Of the batches of which `loss` is the mean. Each counts the
      same, the last and smaller one too. Source: the Estimator's `loss`.

  Returns:
    `loss`; all others begin with `eval_`. Where a metric is not defined (a
    correlation with a constant) it is 0.
  """
  losses = np.asarray(loss.losses(task.kind, logits, labels))  # [N]
  starts = range(0, len(losses), batch_size)
  batches = [losses[at : at + batch_size].mean() for at in starts]
  results = {"loss": float(np.mean(batches)), "eval_loss": float(losses.mean())}
  results |= _SCORES[task.kind](task, logits, labels)
  return {name: _defined(value) for name, value in results.items()}


def names(task: task_definition.TaskDefinition) -> list[str]:
  """The metrics of a task, as `score` gives them.

  Known without computing, since devices are chosen after it is asked for.
  """
  found = ["loss", "eval_loss"]
  if task.kind == task_definition.REGRESSION:
    return sorted([*found, "eval_pearson", "eval_spearman"])
  found += ["eval_accuracy", "eval_f1_macro"]
  found += [
    f"eval_{metric}_{label}"
    for label in task.labels
    for metric in ("precision", "recall")
  ]
  if task.kind == task_definition.MULTI_LABEL:
    return sorted([*found, "eval_exact_match", "eval_f1_micro"])
  return sorted([*found, "eval_matthews", *["eval_f1"] * (task.outputs == 2)])


def _defined(value: Any) -> float:
  return float(value) if np.isfinite(value) else 0.0


def _score_single(
  task: task_definition.TaskDefinition, logits: Floats, labels: Labels
) -> Results:
  truth, found = labels[:, 0], logits.argmax(axis=-1)  # [N]
  identity = np.eye(task.outputs, dtype=np.int32)
  results, each = _by_label(task, identity[truth], identity[found])
  if task.outputs == 2:
    results["eval_f1"] = each[1]  # of the second label, "1" in GLUE
  return results | {
    "eval_accuracy": _mean_right(task, logits, labels),
    "eval_matthews": sklearn.metrics.matthews_corrcoef(truth, found),
  }


def _score_multi(
  task: task_definition.TaskDefinition, logits: Floats, labels: Labels
) -> Results:
  truth, found = labels.astype(np.int32), (logits > 0).astype(np.int32)
  results, _ = _by_label(task, truth, found)
  return results | {
    "eval_accuracy": _mean_right(task, logits, labels),
    "eval_exact_match": float((truth == found).all(axis=-1).mean()),
    "eval_f1_micro": _precision_recall_f1(truth.ravel(), found.ravel())[2],
  }


def _score_regression(
  task: task_definition.TaskDefinition, logits: Floats, labels: Labels
) -> Results:
  del task
  truth, found = labels[:, 0], logits[:, 0]
  if len(truth) < 2:
    return {"eval_pearson": 0.0, "eval_spearman": 0.0}
  with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of constants, which give NaN
    return {
      "eval_pearson": scipy.stats.pearsonr(truth, found)[0],
      "eval_spearman": scipy.stats.spearmanr(truth, found)[0],
    }


_SCORES: dict[
  str, Callable[[task_definition.TaskDefinition, Floats, Labels], Results]
] = {
  task_definition.SINGLE_LABEL: _score_single,
  task_definition.MULTI_LABEL: _score_multi,
  task_definition.REGRESSION: _score_regression,
}


def _mean_right(
  task: task_definition.TaskDefinition, logits: Floats, labels: Labels
) -> float:
  return float(np.mean(loss.right(task.kind, logits, labels)))


def _by_label(
  task: task_definition.TaskDefinition, truth: Labels, found: Labels
) -> tuple[Results, list[float]]:
  """Precision and recall of each label, and the mean F1; the F1 of each.

  Args:
    task: The task.
    truth: 1 where a label is right, else 0, [N, C].
    found: 1 where it is predicted, else 0, [N, C].
  """
  results: Results = {}
  each = []
  for index, name in enumerate(task.labels):
    precision, recall, f1 = _precision_recall_f1(
      truth[:, index], found[:, index]
    )
    results[f"eval_precision_{name}"] = precision
    results[f"eval_recall_{name}"] = recall
    each.append(f1)
  results["eval_f1_macro"] = float(np.mean(each))
  return results, each


def _precision_recall_f1(
  truth: Labels, found: Labels
) -> tuple[float, float, float]:
  """Of ones among zeros [N]; 0 where they never occur."""
  values = sklearn.metrics.precision_recall_fscore_support(
    truth, found, labels=[0, 1], average=None, zero_division=0
  )
  precision, recall, f1, _ = (float(of_both[1]) for of_both in values)
  return precision, recall, f1
