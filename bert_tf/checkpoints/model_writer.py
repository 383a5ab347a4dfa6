"""Writing a model that Keras has trained as a folder that the commands read.

In it are bert_model.ckpt, bert_config.json and vocab.txt, as in the folder of
an unpacked Google zip, and the metadata of a run: task, labels, and how text
is read.
"""

import dataclasses
import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import logging

from bert_tf.checkpoints import (
  checkpoint_prefix,
  model_folder,
  model_tokenizer,
  portable_model,
  run_metadata,
  saver,
  variable_names,
)
from bert_tf.models import classifier, model_with_heads
from bert_tf.system import files, output_files, output_folders
from bert_tf.text import full_tokenizer, vocabulary_file

SINGLE_LABEL = "single_label"
_REGRESSION = "regression"
KINDS = (SINGLE_LABEL, "multi_label", _REGRESSION)


@dataclasses.dataclass(frozen=True)
class ModelNotes:
  """What is written beside a model's variables.

  Attributes:
    tokenizer: The model's; None for that of the checkpoint that it was loaded
      from by `from_checkpoint`.
    labels: Labels in the order of the model's outputs; by default those of a
      classifier are "0", "1", ...
    kind: Of a `BertClassifier`: one of `KINDS`; by default "single_label".
    max_seq_length: Maximum sequence length in tokens; None for the longest
      that the model supports.
  """

  tokenizer: full_tokenizer.FullTokenizer | None = None
  labels: Sequence[str] = ()
  kind: str | None = None
  max_seq_length: int | None = None

  def completed_for(self, model: Any) -> "ModelNotes":
    """With what the model tells.

    Raises:
      ValueError: Something is given that the model does not have, or there are
        more labels or pieces than outputs or rows, or fewer labels.
    """
    name = type(model).__name__
    labels, kind = tuple(self.labels), self.kind
    has_kind = isinstance(model, classifier.BertClassifier)
    if kind and not has_kind:
      raise ValueError(f"kind={kind!r} is given, but {name} has no kinds")
    if has_kind:
      kind = kind or SINGLE_LABEL
      if kind not in KINDS:
        raise ValueError(
          f"kind={kind!r} is not known; it is one of {', '.join(KINDS)}"
        )
    if isinstance(model, model_with_heads.OutputsModel):
      outputs = model.head.outputs
      if kind == _REGRESSION:
        _check_regression(outputs)
        outputs = 0  # that have labels
      if not labels and has_kind:
        labels = tuple(str(index) for index in range(outputs))
    else:
      outputs = 0
    if len(labels) != outputs:
      raise ValueError(
        f"found {len(labels)} labels, expected {outputs} of this {name}"
        + (f" (kind={kind})" if kind else "")
        + ": give labels in the order of its outputs"
      )
    tokenizer = self.tokenizer or _tokenizer_of(model)
    if tokenizer:
      vocabulary_file.require_rows(
        tokenizer.vocab, model.config.vocab_size, tokenizer.vocab_file
      )
    length = self.max_seq_length or model.config.max_position_embeddings
    model.config.check_length(length)
    return ModelNotes(tokenizer, labels, kind, length)


def _check_regression(outputs: int) -> None:
  if outputs != 1:
    raise ValueError(
      f"kind={_REGRESSION!r}, found a model of {outputs} outputs, expected 1"
    )


def save_model(
  model: Any,
  folder: str | os.PathLike[str],
  overwrite: bool = False,
  **notes: Any,
) -> str:
  """Writes a model; see `LoadableModel.save_checkpoint`.

  Args:
    model: A model of `bert_tf.models`.
    folder: The folder.
    overwrite: Whether a model in it is replaced.
    **notes: See `ModelNotes`.

  Returns:
    The prefix of the checkpoint.
  """
  folder = os.fspath(folder).rstrip("/")
  completed = ModelNotes(**notes).completed_for(model)
  prefix = os.path.join(folder, checkpoint_prefix.DEFAULT)
  names = files.names_in(folder) if files.exists(folder) else []
  if not names and not files.exists(folder):
    with output_folders.writing(folder) as temporary:
      _write(model, temporary, completed)
    return prefix
  _check_free(folder, names, overwrite)
  # A folder without a checkpoint rather than one with files of two models.
  checkpoint_prefix.remove(prefix)
  _write(model, folder, completed)
  return prefix


def _check_free(folder: str, names: Sequence[str], overwrite: bool) -> None:
  others = [
    name
    for name in names
    if name == checkpoint_prefix.LISTING or _is_other_checkpoint(name)
  ]
  if others:
    raise FileExistsError(
      f"{os.path.join(folder, others[0])}: the folder holds the checkpoints of "
      "a run, which would be loaded instead: name another folder"
    )
  if names and not overwrite:
    raise FileExistsError(
      f"{folder} is not empty, found {sorted(names)[0]}: name another folder, "
      "or give overwrite=True"
    )


def _is_other_checkpoint(name: str) -> bool:
  is_index = name.endswith(checkpoint_prefix.INDEX)
  return is_index and not name.startswith(checkpoint_prefix.DEFAULT)


def _write(model: Any, folder: str, notes: ModelNotes) -> None:
  write_beside(model, folder, notes)
  saver.save(state(model), os.path.join(folder, checkpoint_prefix.DEFAULT))


def replace_variables(model: Any, folder: str, number: int) -> str:
  """Replaces the variables of a model that was written into a folder.

  A checkpoint has two files, so the new ones get another name, the folder's
  `checkpoint` file names them, and then the old ones are removed: whenever it
  is read, the folder holds one whole model.

  Args:
    model: The model.
    folder: The folder.
    number: The new checkpoint is `bert_model.ckpt-<number>`; none of the
      folder has this number.

  Returns:
    The prefix of the checkpoint.
  """
  before = checkpoint_prefix.find(folder)
  name = f"{checkpoint_prefix.DEFAULT}-{number}"
  prefix = os.path.join(folder, name)
  saver.save(state(model), prefix)
  checkpoint_prefix.write_listing(folder, [name])
  checkpoint_prefix.remove(before)
  return prefix


def state(model: Any) -> dict[str, Any]:
  """The variables by their names in a checkpoint.

  With `global_step`, the steps of its optimizer, if the model has one.
  """
  variables: dict[str, Any] = variable_names.by_name(model.variables)
  optimizer = getattr(model, "optimizer", None)
  if optimizer is None:
    return variables
  step = np.int64(optimizer.iterations.numpy())
  return variables | {variable_names.GLOBAL_STEP: step}


def write_beside(model: Any, folder: str, notes: ModelNotes) -> None:
  """Writes all that is beside the checkpoint, in place of what is there.

  Args:
    model: The model.
    folder: The folder.
    notes: As of `ModelNotes.completed_for`.
  """
  tokenizer, path = notes.tokenizer, os.path.join(folder, "")
  config, _ = portable_model.without_rules(model.config, path)
  rules = tokenizer.rules if tokenizer else None
  text: dict[str, Any] = {}
  vocabulary = path + portable_model.VOCABULARY
  if tokenizer and notes.max_seq_length:
    with files.open_file(tokenizer.vocab_file) as file:
      data = file.read()
    output_files.write_atomically(vocabulary, data)
    text = run_metadata.text_of(
      tokenizer.rules, vocabulary, notes.max_seq_length
    )
  else:
    logging.warning(
      "%s is not written: the tokenizer is not known; give tokenizer",
      vocabulary,
    )
    if files.exists(vocabulary):
      files.remove(vocabulary)
  portable_model.write_config(
    portable_model.Portable(folder, config, {}, rules=rules), folder
  )
  metadata = run_metadata.RunMetadata(
    model.task, notes.kind, tuple(notes.labels) or None, text=text
  )
  output_files.write_atomically(
    path + run_metadata.FILE,
    (json.dumps(metadata.to_dict()) + "\n").encode(),
  )


def _tokenizer_of(model: Any) -> full_tokenizer.FullTokenizer | None:
  """The tokenizer beside the checkpoint that a model was loaded from."""
  path = getattr(model, "loaded_from", None)
  if path is None:
    return None
  try:
    folder = model_folder.ModelFolder(path, model.config)
  except FileNotFoundError:
    return None
  return model_tokenizer.load(
    folder.config,
    folder.vocab_file,
    folder.do_lower_case,
    checkpoint=folder.path,
  )
