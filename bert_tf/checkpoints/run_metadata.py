"""What a folder says about itself: the run that its checkpoints are of.

A run writes `task.json` into its output folder when it starts: its task, the
kind of it, the labels in the order of the model's outputs. It keeps other tasks
out of the folder, and tells those who load the checkpoints what the outputs
mean. Keys that this version does not know are kept.
"""

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from typing import Any

from bert_tf import files
from bert_tf.checkpoints import portable_model

FILE = "task.json"
_BELOW_A_RUN = re.compile(r"best|trial_\d+")
# Tasks whose outputs belong to tokens. Others say it themselves by the key
# "labels_of", or have labels of whole sequences.
_LABELS_OF = {"tagging": portable_model.PER_TOKEN}


@dataclasses.dataclass(frozen=True)
class RunMetadata:
  """One run's description.

  Attributes:
    task: The name of the task.
    kind: What kind of that task, where there are several.
    labels: In the order of the model's outputs; None if outputs have none.
    others: All further keys, as JSON has them.
  """

  task: str
  kind: str | None = None
  labels: tuple[str, ...] | None = None
  others: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  @property
  def labels_of(self) -> str:
    """`PER_SEQUENCE` or `PER_TOKEN` of `portable_model`: what is labelled."""
    default = _LABELS_OF.get(self.task, portable_model.PER_SEQUENCE)
    return str(self.others.get("labels_of", default))

  def to_dict(self) -> dict[str, Any]:
    """As the file has it."""
    labels = None if self.labels is None else list(self.labels)
    known = {"task": self.task, "kind": self.kind, "labels": labels}
    return {k: v for k, v in known.items() if v is not None} | dict(self.others)

  @classmethod
  def from_dict(cls, values: Mapping[str, Any]) -> "RunMetadata":
    """From the contents of the file.

    Raises:
      ValueError: A value is missing or of another type.
    """
    kept = dict(values)
    task, kind = kept.pop("task", None), kept.pop("kind", None)
    labels = kept.pop("labels", None)
    if not isinstance(task, str):
      raise ValueError(f"'task' is {task!r}, expected the name of a task")
    if not isinstance(kind, str | None):
      raise ValueError(f"'kind' is {kind!r}, expected a string")
    if labels is not None:
      if not isinstance(labels, list) or not all(
        isinstance(label, str) for label in labels
      ):
        raise ValueError(f"'labels' is {labels!r}, expected a list of strings")
      labels = tuple(labels)
    return cls(task, kind, labels, kept)

  def agrees_with(self, other: "RunMetadata") -> bool:
    """Whether both are of one run: equal in all that both know."""
    mine = self.task, self.kind, self.labels
    if mine != (other.task, other.kind, other.labels):
      return False
    shared = self.others.keys() & other.others.keys()
    return all(self.others[key] == other.others[key] for key in shared)


def read(folder: str) -> RunMetadata | None:
  """What was claimed for a folder; None if nothing.

  Raises:
    ValueError: The file is damaged.
  """
  path = os.path.join(folder, FILE)
  if not files.exists(path):
    return None
  try:
    return RunMetadata.from_dict(files.read_json(path))
  except ValueError as error:
    raise ValueError(
      f"{path} is damaged ({error}); remove it, or take an empty output_dir"
    ) from error


def beside(prefix: str) -> RunMetadata | None:
  """The description of the run that a checkpoint is of; None without one.

  Args:
    prefix: Of the checkpoint. It lies in the run's folder, or in a folder for
      the best one, for a trial, or for the best one of a trial.
  """
  folder = os.path.dirname(prefix)
  while not files.exists(os.path.join(folder, FILE)):
    if not _BELOW_A_RUN.fullmatch(os.path.basename(folder)):
      return None
    folder = os.path.dirname(folder)
  # A folder of keras-nlp has another file of that name.
  is_ours = "task" in files.read_json(os.path.join(folder, FILE))
  return read(folder) if is_ours else None


def check(folder: str, ours: RunMetadata) -> None:
  """Checks that a folder is not in use by another task.

  Args:
    folder: The output folder; it need not be there.
    ours: What is to be done in it.

  Raises:
    NotADirectoryError: It is a file.
    ValueError: It is in use, or its file is damaged.
  """
  files.check_folder(folder, "output_dir")
  found = read(folder)
  if found and not found.agrees_with(ours):
    raise ValueError(
      f"output_dir {folder} is in use by another task; "
      f"{os.path.join(folder, FILE)} says {json.dumps(found.to_dict())}, "
      f"expected {json.dumps(ours.to_dict())}: take another output_dir"
    )


def claim(folder: str, ours: RunMetadata) -> None:
  """Writes what is done in a folder into it, for `check` and for loaders."""
  check(folder, ours)
  found = read(folder)
  kept = dict(found.others) if found else {}
  values = ours.to_dict() | kept
  path = os.path.join(folder, FILE)
  files.write_atomically(path, (json.dumps(values) + "\n").encode())
