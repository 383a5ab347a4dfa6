"""Callbacks for Keras's `fit`."""

import math
import os
from collections.abc import Mapping
from typing import Any

from bert_tf import keras
from bert_tf.checkpoints import model_writer
from bert_tf.models import configured_model
from bert_tf.system import files
from bert_tf.training import best_checkpoint


class BestCheckpoint(keras.callbacks.Callback):
  """Keeps the best model of a training in a folder, in Google's form.

  After each epoch, if the metric is better than before, the folder is written
  as by `save_checkpoint`: `from_checkpoint`, the predictors and the commands
  read it. Name the folder, not the checkpoint: its name changes, and so a
  training that is killed while it writes leaves the one before.

  Args:
    folder: Where to; it must not hold a model yet.
    metric: Of `fit`'s logs; one that ends in "loss" is minimized, all others
      are maximized.
    model: The model to keep, where it is only a part of the one that is
      trained, such as the encoder in a functional model.
    **notes: `tokenizer`, `labels`, `kind`, `max_seq_length`, as of
      `save_checkpoint`.

  Attributes:
    best: The metric's best value so far; NaN before the first epoch.
  """

  def __init__(
    self,
    folder: str | os.PathLike[str],
    metric: str = "val_loss",
    model: Any = None,
    **notes: Any,
  ):
    super().__init__()
    self.folder = os.fspath(folder)
    self.metric = metric
    self.best = math.nan
    self._number = 1  # of the checkpoint that the folder holds
    self._part = model
    self._notes = model_writer.ModelNotes(**notes)

  def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
    """Checks all that can be checked before the first step.

    Raises:
      TypeError: The model is not one of ours.
      FileExistsError: There is a model in the folder already.
      ValueError: As of `save_checkpoint`.
    """
    if self._part is None:
      self._part = self.model
    if not isinstance(self._part, configured_model.ConfiguredModel):
      raise TypeError(
        f"BestCheckpoint: {type(self._part).__name__} is not a model of "
        "bert_tf: give its part that is one, model=encoder"
      )
    self._notes = self._notes.completed_for(self._part)
    names = files.names_in(self.folder) if files.exists(self.folder) else []
    if names and math.isnan(self.best):
      raise FileExistsError(
        f"{self.folder} is not empty, found {sorted(names)[0]}: name another "
        "folder"
      )

  def on_epoch_end(
    self, epoch: int, logs: Mapping[str, Any] | None = None
  ) -> None:
    """Keeps the model if it is better.

    Raises:
      ValueError: There is no such metric.
    """
    found = logs or {}
    if self.metric not in found:
      raise ValueError(
        f"BestCheckpoint: no metric {self.metric!r} in the logs of epoch "
        f"{epoch + 1}, found {', '.join(sorted(found)) or 'none'}; one that "
        "begins with val_ needs validation_data"
      )
    value = float(found[self.metric])
    if not best_checkpoint.is_better(self.metric, value, self.best):
      return
    if math.isnan(self.best):
      model_writer.save_model(self._part, self.folder, **vars(self._notes))
    else:
      self._number += 1
      model_writer.replace_variables(self._part, self.folder, self._number)
    self.best = value
