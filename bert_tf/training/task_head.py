"""The head of a task, and whether a checkpoint has it."""

import dataclasses
from typing import Any

from absl import logging

from bert_tf.checkpoints import formats
from bert_tf.training import fine_tuning_settings, run_checkpoints


@dataclasses.dataclass(frozen=True)
class TaskHead:
  """Variables `output_weights` [C, H] and `output_bias` [C].

  Attributes:
    outputs: C.
    scope: What their names begin with.
    warning_without: What to say where a checkpoint without it is applied, its
      answers being left to chance; None if that is an error.
  """

  outputs: int
  scope: str = ""
  warning_without: str | None = None

  def check(self, reader: Any, hidden_size: int) -> None:
    """Checks that a checkpoint has it.

    Args:
      reader: As of `formats.reader`.
      hidden_size: H.

    Raises:
      ValueError: It lacks a variable, or has one of another shape.
    """
    for name, expected in (
      ("output_weights", (self.outputs, hidden_size)),
      ("output_bias", (self.outputs,)),
    ):
      found = reader.shapes.get(self.scope + name)
      if found != expected:
        what = "none" if found is None else f"one of shape {list(found)}"
        raise ValueError(
          f"{reader.prefix}: expected a variable {self.scope + name!r} of "
          f"shape {list(expected)}, found {what}; it is not a checkpoint of "
          "this task. Train first (do_train), or name another output_dir or "
          "init_checkpoint"
        )

  def check_run(
    self,
    tuning: fine_tuning_settings.FineTuningSettings,
    hidden_size: int,
    do_train: bool,
  ) -> None:
    """Checks that the checkpoint that a run goes on from has the head.

    Args:
      tuning: Names the checkpoints.
      hidden_size: H.
      do_train: Whether a new head may be made if no training has begun.

    Raises:
      FileNotFoundError: There is no such checkpoint.
      ValueError: It has another head, or none.
    """
    trained = run_checkpoints.latest(tuning.output_dir)
    path = trained or tuning.init_checkpoint
    if not path:
      return
    reader = formats.reader(path)  # Or says that there is none.
    if not trained and do_train:
      return
    has_any = any(name.startswith(self.scope) for name in reader.shapes)
    if self.warning_without and not trained and not has_any:
      logging.warning(
        "%s has no %soutput_weights: %s",
        reader.prefix,
        self.scope,
        self.warning_without,
      )
      return
    self.check(reader, hidden_size)
