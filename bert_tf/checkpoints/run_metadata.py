"""Run metadata: what an output folder records about its run.

When a run starts, it writes `task.json`: the task, its kind, and the labels in
the order of the model's outputs. The file protects the folder against other
tasks and tells whoever loads the checkpoints what the outputs mean. Unknown
keys are preserved.
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
# Tasks that label tokens. Other tasks label whole sequences, unless their
# metadata has the key "labels_of".
_LABELS_OF = {"tagging": portable_model.PER_TOKEN}


@dataclasses.dataclass(frozen=True)
class RunMetadata:
  """The metadata of one run.

  Attributes:
    task: Name of the task.
    kind: Kind of the task, if it has several kinds.
    labels: Labels in the order of the model's outputs; None if the task has
      no labels.
    others: All other keys of the file, as parsed from JSON.
  """

  task: str
  kind: str | None = None
  labels: tuple[str, ...] | None = None
  others: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  @property
  def labels_of(self) -> str:
    """What is labelled: `PER_SEQUENCE` or `PER_TOKEN` of `portable_model`."""
    default = _LABELS_OF.get(self.task, portable_model.PER_SEQUENCE)
    return str(self.others.get("labels_of", default))

  def to_dict(self) -> dict[str, Any]:
    """The contents of the file."""
    labels = None if self.labels is None else list(self.labels)
    known = {"task": self.task, "kind": self.kind, "labels": labels}
    return {k: v for k, v in known.items() if v is not None} | dict(self.others)

  @classmethod
  def from_dict(cls, values: Mapping[str, Any]) -> "RunMetadata":
    """Parses the contents of the file.

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
    """Whether both describe the same run.

    Task, kind and labels must be equal, and all other keys that both have.
    """
    mine = self.task, self.kind, self.labels
    if mine != (other.task, other.kind, other.labels):
      return False
    shared = self.others.keys() & other.others.keys()
    return all(self.others[key] == other.others[key] for key in shared)


def read(folder: str) -> RunMetadata | None:
  """Reads the metadata of a folder; None if it has none.

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
  """The metadata of the run that wrote a checkpoint; None if it has none.

  Args:
    prefix: Prefix of the checkpoint. It lies in the run's output folder, or
      below it: in `best`, in `trial_N`, or in `trial_N/best`.
  """
  folder = os.path.dirname(prefix)
  while not files.exists(os.path.join(folder, FILE)):
    if not _BELOW_A_RUN.fullmatch(os.path.basename(folder)):
      return None
    folder = os.path.dirname(folder)
  # keras-nlp presets have an unrelated file of the same name.
  is_ours = "task" in files.read_json(os.path.join(folder, FILE))
  return read(folder) if is_ours else None


def check(folder: str, ours: RunMetadata) -> None:
  """Checks that a folder is not in use by another task.

  Args:
    folder: The output folder; it need not exist.
    ours: Metadata of the run that wants to use it.

  Raises:
    NotADirectoryError: There is a file of that name.
    ValueError: The folder is in use, or its metadata file is damaged.
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
  """Checks a folder as `check` does, then writes the metadata into it."""
  check(folder, ours)
  found = read(folder)
  kept = dict(found.others) if found else {}
  values = ours.to_dict() | kept
  path = os.path.join(folder, FILE)
  files.write_atomically(path, (json.dumps(values) + "\n").encode())
