"""How good the choices are, over a whole evaluation set."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NAMES = ("eval_accuracy", "eval_loss")


def score(
  logits: Sequence[npt.NDArray[np.float32]], labels: Sequence[int]
) -> dict[str, float]:
  """The share of right choices, and the mean loss.

  Args:
    logits: Those of each question's choices.
    labels: The number of the right one of each.
  """
  right, losses = [], []
  for row, label in zip(logits, labels, strict=True):
    wide = row.astype(np.float64)
    right.append(int(wide.argmax()) == label)
    losses.append(np.logaddexp.reduce(wide) - wide[label])
  values = float(np.mean(right)), float(np.mean(losses))
  return dict(zip(NAMES, values, strict=True))
