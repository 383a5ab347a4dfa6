"""Run metadata: what an output folder records about its run.

When a run starts, it writes `task.json`: the task, its kind, and the labels in
the order of the model's outputs; how it reads text; and the settings of its
training. The file protects the folder against other tasks and other settings,
and tells whoever loads the checkpoints what goes in and what comes out. Unknown
keys are preserved; files of earlier versions lack some.
"""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping
from typing import Any

from absl import logging

from bert_tf.checkpoints import portable_model
from bert_tf.system import files, output_files
from bert_tf.text import tokenizer_rules

FILE = "task.json"
_BELOW_A_RUN = re.compile(r"best|trial_\d+")
# Tasks that label tokens, or score choices. Other tasks label whole sequences,
# unless their metadata has the key "labels_of".
_LABELS_OF = {
  "tagging": portable_model.PER_TOKEN,
  "multiple_choice": portable_model.PER_CHOICE,
}
_LENGTH = "max_seq_length"
_VOCABULARY = ("vocab_size", "vocab_sha256")
# Settings of which more is a way to go on, and less is not.
_MAY_GROW = ("num_train_epochs", "num_train_steps")
# Settings that are names, and may change where files are moved.
_NAMES = (
  *("init_checkpoint", "teacher_checkpoint"),
  *("data_dir", "train_file", "input_file"),
)
# Settings of which step is kept, and not of the steps.
_OF_CHOICE = ("eval_steps", "best_metric", "early_stopping_patience")
# What the shapes of a model do not tell, and its answers depend on.
_APPLIED = (
  "bert_config.hidden_act",
  "bert_config.num_attention_heads",
  "bert_config.num_hidden_layers",
)


@dataclasses.dataclass(frozen=True)
class RunMetadata:
  """The metadata of one run.

  Attributes:
    task: Name of the task.
    kind: Kind of the task, if it has several kinds.
    labels: Labels in the order of the model's outputs; None if the task has
      no labels.
    others: All other keys of the file, as parsed from JSON.
    text: How text is read, see `text_of`; empty if unknown.
    settings: The settings of the training, by name; empty if unknown.
  """

  task: str
  kind: str | None = None
  labels: tuple[str, ...] | None = None
  others: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  text: Mapping[str, Any] = dataclasses.field(
    default_factory=dict, compare=False
  )
  settings: Mapping[str, Any] = dataclasses.field(
    default_factory=dict, compare=False
  )

  @property
  def labels_of(self) -> str:
    """What is labelled, as of `portable_model.Portable`."""
    default = _LABELS_OF.get(self.task, portable_model.PER_SEQUENCE)
    return str(self.others.get("labels_of", default))

  def to_dict(self) -> dict[str, Any]:
    """The contents of the file."""
    labels = None if self.labels is None else list(self.labels)
    known = {"task": self.task, "kind": self.kind, "labels": labels}
    more = {"text": dict(self.text), "settings": dict(self.settings)}
    return (
      {k: v for k, v in known.items() if v is not None}
      | dict(self.others)
      | {k: v for k, v in more.items() if v}
    )

  def rules(self, folder: str) -> dict[str, dict[str, Any]]:
    """The tokenizer's rules, as `stored_rules.beside` takes them.

    Args:
      folder: Where the file was found, for messages.

    Raises:
      ValueError: A rule has a value that it cannot have.
    """
    path = os.path.join(folder, FILE)
    found = tokenizer_rules.stated(self.text, path, where="text.")
    return {path: found} if found else {}

  @classmethod
  def from_dict(cls, values: Mapping[str, Any]) -> "RunMetadata":
    """Parses the contents of the file.

    Raises:
      ValueError: A value is missing or of another type.
    """
    kept = dict(values)
    task, kind = kept.pop("task", None), kept.pop("kind", None)
    labels = kept.pop("labels", None)
    text, settings = kept.pop("text", {}), kept.pop("settings", {})
    for name, value in (("text", text), ("settings", settings)):
      if not isinstance(value, dict):
        raise ValueError(f"{name!r} is {value!r}, expected an object")
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
    return cls(task, kind, labels, kept, text, settings)

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
  folder = folder_with(FILE, prefix)
  if folder is None:
    return None
  # keras-nlp presets have an unrelated file of the same name.
  is_ours = "task" in files.read_json(os.path.join(folder, FILE))
  return read(folder) if is_ours else None


def folder_with(name: str, prefix: str) -> str | None:
  """Which folder of the run that wrote a checkpoint has a file; None if none.

  Args:
    name: Of the file.
    prefix: As of `beside`.
  """
  folder = os.path.dirname(prefix)
  while not files.exists(os.path.join(folder, name)):
    if not _BELOW_A_RUN.fullmatch(os.path.basename(folder)):
      return None
    folder = os.path.dirname(folder)
  return folder


def folder_of(checkpoint: str) -> str:
  """The folder of a checkpoint: it is given as that, or as a file in it."""
  is_folder = checkpoint.endswith("/") or files.is_folder(checkpoint)
  return checkpoint if is_folder else os.path.dirname(checkpoint)


def of_checkpoint(checkpoint: str) -> RunMetadata | None:
  """As `beside`, of a checkpoint given as a folder, a prefix or a file."""
  return beside(os.path.join(folder_of(checkpoint), "checkpoint"))


def check_pooling(checkpoint: str, pooling: str) -> None:
  """Checks that vectors of texts are pooled as a model was trained to.

  Args:
    checkpoint: As of `of_checkpoint`.
    pooling: How they are to be pooled; "none" is no pooling.

  Raises:
    ValueError: The run that wrote the checkpoint says otherwise.
  """
  run = of_checkpoint(checkpoint)
  trained = run.others.get("pooling") if run else None
  if trained and pooling not in (trained, "none"):
    raise ValueError(
      f"pooling={pooling!r}, but {FILE} beside {checkpoint} says that the "
      f"model was trained with {trained!r}: give pooling={trained}"
    )


def vocabulary_of(vocab_file: str) -> dict[str, Any]:
  """What tells a vocabulary from others."""
  with files.open_file(vocab_file) as file:
    data = file.read()
  return {
    "vocab_size": data.count(b"\n") + (not data.endswith(b"\n")),
    "vocab_sha256": hashlib.sha256(data).hexdigest(),
  }


def text_of(
  rules: tokenizer_rules.TokenizerRules, vocab_file: str, max_seq_length: int
) -> dict[str, Any]:
  """How a model reads text: rules, vocabulary and length."""
  stored = {key: getattr(rules, n) for key, n in tokenizer_rules.STORED.items()}
  return stored | vocabulary_of(vocab_file) | {_LENGTH: max_seq_length}


def check(folder: str, ours: RunMetadata, resumes: bool = False) -> None:
  """Checks that a folder is not in use by another task, or by another run.

  Args:
    folder: The output folder; it need not exist.
    ours: Metadata of the run that wants to use it.
    resumes: Whether the run goes on with a training in it.

  Raises:
    NotADirectoryError: There is a file of that name.
    ValueError: The folder is in use, or its metadata file is damaged, or the
      run has other settings than the one that goes on; the message names both
      values.
  """
  files.check_folder(folder, "output_dir")
  found = read(folder)
  if found and not found.agrees_with(ours):
    raise ValueError(
      f"output_dir {folder} is in use by another task; "
      f"{os.path.join(folder, FILE)} says {json.dumps(found.to_dict())}, "
      f"expected {json.dumps(ours.to_dict())}: take another output_dir"
    )
  if found:
    check_vocabulary(os.path.join(folder, FILE), found.text, ours.text)
    _check_settings(folder, found, ours, resumes)


def check_vocabulary(
  path: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> None:
  """Checks that a model is used with the vocabulary it was trained with.

  Args:
    path: The file that tells of the model.
    theirs: As of `text_of`, of the model; keys may be missing.
    ours: As of `text_of`, of the run.

  Raises:
    ValueError: It is another vocabulary.
  """
  known = all(key in theirs and key in ours for key in _VOCABULARY)
  if known and any(theirs[key] != ours[key] for key in _VOCABULARY):
    shown = (
      f"{text['vocab_size']} pieces, sha256 {str(text['vocab_sha256'])[:8]}"
      for text in (theirs, ours)
    )
    raise ValueError(
      "{}: the model was trained with a vocabulary of {}, and vocab_file has "
      "{}: give the vocab_file of the model".format(path, *shown)
    )


def _check_settings(
  folder: str, found: RunMetadata, ours: RunMetadata, resumes: bool
) -> None:
  theirs, now = _with_length(found), _with_length(ours)
  names = now if resumes else (*_APPLIED, _LENGTH)
  wrong = []
  for name in names:
    before, after = theirs.get(name), now.get(name)
    if before == after or before is None or after is None:
      continue
    difference = f"{name} was {before}, and is {after} now"
    grows = name in _MAY_GROW and after > before
    is_free = name in (*_NAMES, *_OF_CHOICE)
    if grows or is_free or (name == _LENGTH and not resumes):
      logging.warning("output_dir %s: %s", folder, difference)
    else:
      wrong.append(difference)
  if wrong:
    raise ValueError(
      f"output_dir {folder} holds a run of other settings "
      f"({os.path.join(folder, FILE)}): {'; '.join(wrong)}. Give the same "
      "again to go on with it, or another output_dir"
    )


def _with_length(run: RunMetadata) -> dict[str, Any]:
  """The settings of a run, its length among them if that is known."""
  length = {k: v for k, v in run.text.items() if k == _LENGTH}
  return dict(run.settings) | length


def claim(folder: str, ours: RunMetadata, resumes: bool = False) -> None:
  """Checks a folder as `check` does, then writes the metadata into it.

  A run that trains nothing, and so has no settings, leaves what is known of the
  one that did: it may have read longer texts.
  """
  check(folder, ours, resumes)
  found = read(folder)
  if found:
    ours = dataclasses.replace(
      ours,
      others={**ours.others, **found.others},
      text={**found.text, **ours.text}
      if ours.settings
      else {**ours.text, **found.text},
      settings=ours.settings or found.settings,
    )
  values = ours.to_dict()
  if found and values == found.to_dict():
    return
  path = os.path.join(folder, FILE)
  output_files.write_atomically(path, (json.dumps(values) + "\n").encode())
