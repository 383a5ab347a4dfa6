"""The output layer of a task, and the check that a checkpoint has it."""

import dataclasses
from typing import Any

from absl import logging

from bert_tf.checkpoints import formats
from bert_tf.training import (
  fine_tuning_settings,
  run_checkpoints,
  whole_checkpoints,
)


@dataclasses.dataclass(frozen=True)
class TaskHead:
  """The variables `output_weights` [C, H] and `output_bias` [C].

  Attributes:
    outputs: Number of outputs, C; 0 for a task without a head.
    scope: Prefix of the variables' names.
    warning_without: Warning to log when a checkpoint without this head is
      applied, with a randomly initialized head; None makes it an error.
  """

  outputs: int
  scope: str = ""
  warning_without: str | None = None

  def check(self, reader: Any, hidden_size: int) -> None:
    """Checks that a checkpoint has this head.

    Args:
      reader: As of `formats.reader`.
      hidden_size: H.

    Raises:
      ValueError: A variable is missing or has another shape.
    """
    if not self.outputs:
      return
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
    """Checks the checkpoint that a run starts or resumes from.

    Args:
      tuning: Settings that name the checkpoints.
      hidden_size: H.
      do_train: Whether the run trains; a new training may add the head.

    Raises:
      FileNotFoundError: There is no such checkpoint.
      ValueError: It has no head, or one of another shape.
    """
    if do_train:
      trained = whole_checkpoints.newest(tuning.output_dir).prefix
    else:
      trained = run_checkpoints.latest(tuning.output_dir)
    path = trained or tuning.init_checkpoint
    if not path:
      return
    reader = formats.reader(path)  # Raises if there is none.
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
