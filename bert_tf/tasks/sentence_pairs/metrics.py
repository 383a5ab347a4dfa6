"""How good sentence vectors are, over a whole evaluation set."""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.stats

_OF_SCORES = ("eval_pearson", "eval_spearman")
_OF_ALL = ("eval_nearest",)
_AT_ONCE = 1024  # first texts


def names(has_scores: bool) -> list[str]:
  """The metrics there are: with scores their correlations, too."""
  return sorted([*_OF_ALL, *(_OF_SCORES if has_scores else ())])


def score(
  vectors: npt.NDArray[np.float32], scores: Sequence[float | None]
) -> dict[str, float]:
  """Scores the vectors of pairs.

  Args:
    vectors: Of length 1, [N, 2, H].
    scores: Of each pair; None where there are none.

  Returns:
    `eval_nearest`, the share of first texts to which no second text of the set
    is nearer than their own; `eval_pearson` and `eval_spearman`, the
    correlations of cosines and scores, 0 where they are not defined.
  """
  first, second = vectors[:, 0], vectors[:, 1]
  own = (first * second).sum(-1)  # [N]
  nearest = [
    (rows @ second.T).max(-1) <= own[at : at + _AT_ONCE] + 1e-6
    for at in range(0, len(first), _AT_ONCE)
    for rows in [first[at : at + _AT_ONCE]]
  ]
  found = {"eval_nearest": float(np.concatenate(nearest).mean())}
  known = [value for value in scores if value is not None]
  if not known:
    return found
  with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of constants, which give NaN
    measures = scipy.stats.pearsonr, scipy.stats.spearmanr
    values = [measure(own, known)[0] for measure in measures if len(known) > 1]
  for name, value in zip(_OF_SCORES, values or (0.0, 0.0), strict=True):
    found[name] = float(value) if np.isfinite(value) else 0.0
  return found
