"""How much the examples of each label count in the loss of a training."""

from collections.abc import Mapping, Sequence

from absl import logging

from bert_tf.tables import strict_number

BALANCED = "balanced"


def find(
  text: str | None, labels: Sequence[str], counts: Mapping[str, int]
) -> tuple[float, ...]:
  """The weight of each label, in their order; none where all count the same.

  Args:
    text: As of `parse`, or "balanced": N / (C n) for a label that has n of the
      N examples, for C labels, so that all labels have the same sum. Source:
      sklearn's `compute_class_weight`. None for no weights.
    labels: All labels there are.
    counts: How often each occurs in the training data.

  Raises:
    ValueError: As of `parse`.
  """
  if text is None:
    return ()
  if text == BALANCED:
    total = sum(counts.get(label, 0) for label in labels)
    found = {
      label: total / (len(labels) * counts[label])
      for label in labels
      if counts.get(label, 0)
    }
  else:
    found = parse(text, labels)
  weights = tuple(found.get(label, 1.0) for label in labels)
  shown = (f"{x} {w:.4g}" for x, w in zip(labels, weights, strict=True))
  logging.info("class weights: %s", ", ".join(shown))
  return weights


def parse(text: str, labels: Sequence[str]) -> dict[str, float]:
  """Reads `label:weight,label:weight`; labels not named weigh 1.

  Raises:
    ValueError: A label is not known or named twice, or a weight is none.
  """
  found: dict[str, float] = {}
  for part in text.split(","):
    label, colon, weight = part.strip().rpartition(":")
    if not colon:
      raise ValueError(
        f"class_weights={text!r}: {part!r} is not LABEL:WEIGHT; expected "
        f"{BALANCED}, or such as {labels[0]}:1,{labels[-1]}:2.5"
      )
    if label not in labels:
      raise ValueError(
        f"class_weights={text!r}: the label {label!r} is none of "
        f"{', '.join(map(repr, labels))}"
      )
    if label in found:
      raise ValueError(f"class_weights={text!r}: {label!r} is named twice")
    try:
      found[label] = strict_number.parse(weight)
    except ValueError as error:
      raise ValueError(f"class_weights={text!r}: {error}") from None
    if found[label] <= 0:
      raise ValueError(
        f"class_weights={text!r}: the weight of {label!r} is not above 0"
      )
  return found


def check_smoothing(value: float) -> None:
  """Checks that a share of the target can be taken from the right label.

  Raises:
    ValueError: It is not from 0 to below 1.
  """
  if not 0 <= value < 1:
    raise ValueError(f"label_smoothing={value} is not from 0 to below 1")
