"""The evaluation of a model on records, by the losses it is trained by."""

import math
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf.training import (
  batch_iterator,
  objectives,
  step_functions,
  step_sums,
)

_NEVER = np.iinfo(np.int64).max


def evaluate(
  strategy: Any,
  model: Any,
  objective: objectives.Objective,
  dataset_fn: batch_iterator.DatasetFn,
  steps: int | None = None,
) -> dict[str, float]:
  """The objective's results and `loss`, the mean over batches.

  Args:
    strategy: Where the model was made.
    model: The model.
    objective: Its losses.
    dataset_fn: As for training.
    steps: Batches; None takes all there are.
  """
  eval_step = step_functions.EvalStep(model, objective)

  @tf.function
  def run(batch: Any) -> dict[str, Any]:
    return step_sums.local_values(
      strategy, strategy.run(eval_step, args=(batch,))
    )

  batches = batch_iterator.iterate(strategy, dataset_fn, 0)
  totals: dict[str, float] = {}
  done = 0
  for _ in range(steps if steps is not None else _NEVER):
    try:
      batch = batch_iterator.take(strategy, batches)
    except (StopIteration, tf.errors.OutOfRangeError):
      break
    totals = step_sums.add_sums(totals, run(batch))
    done += 1
  if not done:
    raise ValueError("nothing to evaluate: not one whole batch of examples")
  results = {"loss": totals["loss"] / done} | objective.results(totals)
  if not all(math.isfinite(value) for value in results.values()):
    logging.warning("evaluation gave values that are not numbers")
  return results
