"""Scores of predicted labels: words, and entities by seqeval."""

from collections.abc import Sequence

from seqeval import metrics

from bert_tf.tasks.tagging import label_schemes

_AVERAGES = ("micro avg", "macro avg", "weighted avg")


def score(
  labels: Sequence[Sequence[str]],
  predictions: Sequence[Sequence[str]],
  scheme: label_schemes.LabelScheme,
) -> dict[str, float]:
  """Scores predictions.

  Args:
    labels: The right label of each word of each sentence.
    predictions: The predicted ones.
    scheme: How labels mark entities.

  Returns:
    `eval_accuracy`, the share of right words. If labels mark
    entities, `eval_precision`, `eval_recall` and `eval_f1` of whole entities,
    and those of each type, as `eval_f1_person`.
  """
  pairs = [
    pair
    for ours, theirs in zip(labels, predictions, strict=True)
    for pair in zip(ours, theirs, strict=True)
  ]
  right = sum(label == predicted for label, predicted in pairs)
  results = {"eval_accuracy": right / max(len(pairs), 1)}
  if not scheme.has_entities:
    return results
  given, found = (
    [scheme.of_sentence(row) for row in rows] for rows in (labels, predictions)
  )
  for name, function in (
    ("precision", metrics.precision_score),
    ("recall", metrics.recall_score),
    ("f1", metrics.f1_score),
  ):
    results[f"eval_{name}"] = float(function(given, found, zero_division=0))
  report = _report(given, found)
  for kind, values in sorted(report.items()):
    if kind not in _AVERAGES:
      results[f"eval_precision_{kind}"] = float(values["precision"])
      results[f"eval_recall_{kind}"] = float(values["recall"])
      results[f"eval_f1_{kind}"] = float(values["f1-score"])
  return results


def names(scheme: label_schemes.LabelScheme) -> list[str]:
  """The scores that there are whatever the types of entities are called."""
  found = ["eval_accuracy", "eval_loss"]
  if scheme.has_entities:
    found += ["eval_f1", "eval_precision", "eval_recall"]
  return found


def _report(
  labels: list[list[str]], predictions: list[list[str]]
) -> dict[str, dict[str, float]]:
  """Scores by type; seqeval fails where there is no entity at all."""
  rows = labels + predictions
  if not any(label != label_schemes.OUTSIDE for row in rows for label in row):
    return {}
  report: dict[str, dict[str, float]] = metrics.classification_report(
    labels, predictions, output_dict=True, zero_division=0
  )
  return report
