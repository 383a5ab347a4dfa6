"""The best checkpoint of a training, by a metric of its evaluations."""

import json
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging

from bert_tf.checkpoints import saver, variable_names
from bert_tf.system import files, output_files

_FILE = "best.json"
_KEYS = {"step": int, "metric": str, "value": float, "checkpoint": str}
_PREFIX = "model.ckpt-"


def folder_of(output_dir: str) -> str:
  """Where a run keeps its best checkpoint."""
  return os.path.join(output_dir, "best")


def is_kept(output_dir: str) -> bool:
  """Whether a run has kept one."""
  return files.exists(os.path.join(folder_of(output_dir), _FILE))


class Best:
  """Keeps the weights of the best evaluation in a folder.

  What is best so far is read from the folder, so that a training that is
  interrupted goes on comparing with it.

  Args:
    folder: Where to keep them.
    metric: Its name; one that ends in "loss" is better smaller. None keeps
      nothing.
  """

  def __init__(self, folder: str, metric: str | None):
    self.folder = folder
    self.metric = metric
    self._found: dict[str, Any] | None = None

  def path(self) -> str | None:
    """The checkpoint prefix of the best, or None."""
    found = self._read()
    return os.path.join(self.folder, found["checkpoint"]) if found else None

  def offer(
    self,
    step: int,
    results: Mapping[str, float],
    model: Any,
    writes: bool = True,
  ) -> None:
    """Keeps `model` if it is better than the best so far.

    Args:
      step: Steps it was trained.
      results: Of its evaluation.
      model: The model.
      writes: Whether this process writes; the others only remember.

    Raises:
      ValueError: `results` has no such metric.
    """
    if self.metric is None:
      return
    if self.metric not in results:
      raise ValueError(
        f"best_metric={self.metric!r} is not a metric of this task; it has "
        f"{', '.join(sorted(results))}"
      )
    found = self._read()
    value = float(results[self.metric])
    if found and found["step"] >= step:
      return  # seen before the training was interrupted
    best = found["value"] if found else math.nan
    if not is_better(self.metric, value, best):
      return
    name = f"{_PREFIX}{step}"
    self._found = {
      "step": step,
      "metric": self.metric,
      "value": value,
      "checkpoint": name,
    }
    logging.info("best %s so far: %g", self.metric, value)
    if not writes:
      return
    state = dict(variable_names.by_name(model.variables)) | {
      variable_names.GLOBAL_STEP: np.int64(step)
    }
    saver.save(state, os.path.join(self.folder, name))
    output_files.write_atomically(
      os.path.join(self.folder, _FILE), json.dumps(self._found).encode()
    )
    for other in files.names_in(self.folder):
      if other.startswith(_PREFIX) and not other.startswith(f"{name}."):
        files.remove(os.path.join(self.folder, other))

  def is_stale(self, step: int, patience: int) -> bool:
    """Whether the best is `patience` steps old; never for patience 0."""
    found = self._read()
    return bool(patience and found and step - found["step"] >= patience)

  def _read(self) -> dict[str, Any] | None:
    path = os.path.join(self.folder, _FILE)
    if self._found is None and self.metric and files.exists(path):
      found = files.read_json(path)
      for key, kind in _KEYS.items():
        if not isinstance(found.get(key), kind):
          raise ValueError(
            f"{path}: found {key}={found.get(key)!r}, expected what training "
            "writes; remove the folder it is in, or take an empty output_dir"
          )
      if found["metric"] != self.metric:
        raise ValueError(
          f"{path} is of best_metric={found['metric']}, now it is "
          f"{self.metric}; give that one again, or another output_dir"
        )
      self._found = found
    return self._found


def is_better(metric: str, value: float, than: float) -> bool:
  """Whether a metric's value is better than another, NaN where there is none.

  One whose name ends in "loss" is better smaller.
  """
  if not math.isfinite(value) or not math.isfinite(than):
    return math.isfinite(value)
  return value < than if metric.endswith("loss") else value > than
