"""How good the answers are: numbers over a whole evaluation set."""

import functools
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.stats
from absl import logging

from bert_tf.tasks.classification import loss, task_definition
from bert_tf.training import addons

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[Any]
Results = dict[str, float]

PREFIX = "eval_"

# What eval_results.txt holds beside global_step: the original's names.
_MAIN = ("eval_accuracy", "eval_loss", "loss", "eval_pearson", "eval_spearman")


def main_results(results: Results) -> Results:
  """The results that go into eval_results.txt."""
  return {name: results[name] for name in _MAIN if name in results}


def score(
  task: task_definition.Task, logits: Floats, labels: Labels, batch_size: int
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


def names(task: task_definition.Task) -> list[str]:
  """The metrics of a task, as `score` gives them.

  Known without computing, since devices are chosen after it is asked for.
  """
  found = ["loss", "eval_loss"]
  if task.kind == task_definition.REGRESSION:
    return sorted([*found, "eval_pearson", "eval_spearman"])
  found.append("eval_accuracy")
  found += [
    f"eval_{metric}_{label}"
    for label in task.labels
    for metric in ("precision", "recall")
  ]
  if task.kind == task_definition.MULTI_LABEL:
    found.append("eval_exact_match")
  if importlib.util.find_spec("tensorflow_addons"):
    found.append("eval_f1_macro")
    if task.kind == task_definition.SINGLE_LABEL:
      found += ["eval_matthews"] + ["eval_f1"] * (task.outputs == 2)
    else:
      found.append("eval_f1_micro")
  return sorted(found)


def _defined(value: Any) -> float:
  return float(value) if np.isfinite(value) else 0.0


def _score_single(
  task: task_definition.Task, logits: Floats, labels: Labels
) -> Results:
  count = task.outputs
  truth = np.eye(count, dtype=np.float32)[labels[:, 0]]  # [N, C]
  found = np.eye(count, dtype=np.float32)[logits.argmax(axis=-1)]  # [N, C]
  results = {"eval_accuracy": _mean_right(task, logits, labels)}
  results |= _by_class(task, truth, found)
  tfa = _addons()
  if tfa is None:
    return results
  each = _run(tfa.metrics.F1Score(count, average=None), truth, found)
  if count == 2:
    results["eval_f1"] = each[1]  # of the second label, "1" in GLUE
  results["eval_f1_macro"] = np.mean(each)
  matthews = tfa.metrics.MatthewsCorrelationCoefficient(count)
  results["eval_matthews"] = _run(matthews, truth, found)
  return results


def _score_multi(
  task: task_definition.Task, logits: Floats, labels: Labels
) -> Results:
  truth = labels.astype(np.float32)  # [N, C]
  found = (logits > 0).astype(np.float32)  # [N, C]
  results = {
    "eval_accuracy": _mean_right(task, logits, labels),
    "eval_exact_match": float((truth == found).all(axis=-1).mean()),
  }
  results |= _by_class(task, truth, found)
  tfa = _addons()
  if tfa is None:
    return results
  for average in ("micro", "macro"):
    metric = tfa.metrics.F1Score(task.outputs, average, threshold=0.5)
    results[f"eval_f1_{average}"] = _run(metric, truth, found)
  return results


def _score_regression(
  task: task_definition.Task, logits: Floats, labels: Labels
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
  str, Callable[[task_definition.Task, Floats, Labels], Results]
] = {
  task_definition.SINGLE_LABEL: _score_single,
  task_definition.MULTI_LABEL: _score_multi,
  task_definition.REGRESSION: _score_regression,
}


def _mean_right(
  task: task_definition.Task, logits: Floats, labels: Labels
) -> float:
  return float(np.mean(loss.right(task.kind, logits, labels)))


def _by_class(
  task: task_definition.Task, truth: Floats, found: Floats
) -> Results:
  """Precision and recall of each label; 0 where it never occurs."""
  both = (truth * found).sum(axis=0)  # [C]
  results = {}
  for index, name in enumerate(task.labels):
    for metric, whole in (("precision", found), ("recall", truth)):
      total = whole[:, index].sum()
      value = both[index] / total if total else 0.0
      results[f"eval_{metric}_{name}"] = float(value)
  return results


def _run(metric: Any, truth: Floats, found: Floats) -> Any:
  metric.update_state(truth, found)
  return np.asarray(metric.result())


@functools.cache
def _addons() -> Any:
  """tensorflow-addons; None without it, saying so once."""
  try:
    return addons.load()
  except ImportError as error:
    logging.warning("no F1 and no Matthews correlation: %s", error)
    return None
