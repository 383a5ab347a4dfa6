"""The checkpoint formats: recognising, reading and writing any of them."""

import os
from collections.abc import Sequence

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  checkpoint_prefix,
  checkpoint_reader,
  exported_format,
  google_format,
  hub_module_format,
  huggingface_format,
  keras_nlp_format,
  model_garden_format,
  portable_model,
  variable_names,
)
from bert_tf.model_files import model_names
from bert_tf.system import files, output_folders

Formats = Sequence[checkpoint_format.CheckpointFormat]

# The first that recognises a path reads it.
FORMATS: Formats = (
  keras_nlp_format.FORMAT,
  huggingface_format.FORMAT,
  exported_format.FORMAT,
  hub_module_format.FORMAT,
  model_garden_format.FORMAT,
  google_format.FORMAT,
)


def names(formats: Formats = FORMATS) -> tuple[str, ...]:
  """The names of formats."""
  return tuple(one.name for one in formats)


def writable(
  formats: Formats = FORMATS,
) -> tuple[checkpoint_format.WritableFormat, ...]:
  """Those of the formats that are written, not only read."""
  return tuple(
    one for one in formats if isinstance(one, checkpoint_format.WritableFormat)
  )


def named(
  name: str, formats: Formats = FORMATS
) -> checkpoint_format.CheckpointFormat:
  """The format of that name.

  Raises:
    ValueError: There is none.
  """
  for one in formats:
    if one.name == name:
      return one
  raise ValueError(
    f"format {name!r} is not known; it is one of {', '.join(names(formats))}"
  )


def find(
  path: str, formats: Formats = FORMATS
) -> checkpoint_format.CheckpointFormat:
  """The format of the checkpoint at a path.

  Raises:
    FileNotFoundError: None of them recognises it; the message says what each
      looked for.
  """
  reasons = []
  for one in formats:
    reason = one.mismatch(path)
    if reason is None:
      return one
    reasons.append(f"\n  {one.name}: {reason}")
  if not files.exists(path):
    checkpoint_prefix.find(path)  # Its message says what was looked for.
  raise FileNotFoundError(
    f"{path}: not a checkpoint of a known form:{''.join(reasons)}"
  )


def recognise(path: str, formats: Formats = FORMATS) -> str:
  """The name of the format of the checkpoint at a path; see `find`."""
  return find(path, formats).name


def read(
  path: str,
  form: str | None = None,
  config: bert_config.BertConfig | None = None,
  formats: Formats = FORMATS,
) -> portable_model.Portable:
  """Reads a checkpoint and checks that its parts belong together.

  Args:
    path: A prefix or a folder.
    form: The name of its format; None recognises it.
    config: Used instead of the checkpoint's own, in a format that may have
      none.
    formats: Those to choose from.

  Raises:
    FileNotFoundError: A file is missing.
    ValueError: A file is damaged, or does not belong to the others.
  """
  found = named(form, formats) if form else find(path, formats)
  if config is not None and found.has_config:
    raise ValueError(
      f"{path}: the form {found.name} has its own configuration; give none"
    )
  model = found.read(path, config)
  portable_model.check(model)
  return model


def write(
  model: portable_model.Portable,
  form: str,
  folder: str,
  allow_loss: bool = False,
  formats: Formats = FORMATS,
) -> None:
  """Writes a checkpoint: the whole folder or nothing.

  Args:
    model: What to write.
    form: The name of a writable format.
    folder: Must not exist yet.
    allow_loss: Whether to leave out what the format cannot store.
    formats: Those to choose from.

  Raises:
    FileExistsError: `folder` exists.
    ValueError: The format is only read, or cannot store all of the model.
  """
  target = named(form, formats)
  if not isinstance(target, checkpoint_format.WritableFormat):
    raise ValueError(
      f"the form {form} is only read; it can be written as one of "
      f"{', '.join(names(writable(formats)))}"
    )
  portable_model.check(model)
  portable_model.check_vocabulary(model)
  lost = sorted(target.lost(model))
  if lost and not allow_loss:
    raise ValueError(
      f"the form {form} cannot hold {len(lost)} things: {', '.join(lost)}; "
      "--allow_loss leaves them out"
    )
  for what in lost:
    logging.warning("left out: %s", what)
  state = variable_names.training_state(model.tensors.keys())
  if state and not target.has_training_state:
    logging.info("left out: %d entries of the optimizer's state", len(state))
  with output_folders.writing(folder) as temporary:
    target.write(model, temporary)


def labels(path: str, formats: Formats = FORMATS) -> tuple[str, ...]:
  """The labels of a classifier that its checkpoint tells; perhaps none."""
  return find(path, formats).labels(path)


def reader(
  path: str | os.PathLike[str],
  config: bert_config.BertConfig | None = None,
  formats: Formats = FORMATS,
) -> checkpoint_reader.TensorReader:
  """Opens a checkpoint of any format to read it by Google's names.

  Args:
    path: A prefix or a folder, or a name as of `model_names.resolve`.
    config: That of the model to load into; a warning is logged if the
      checkpoint names another activation.
    formats: Those to choose from.

  Raises:
    FileNotFoundError: There is no checkpoint.
    ValueError: It is damaged.
  """
  path = model_names.resolve(path)
  found = find(path, formats)
  opened = found.open(path)
  if config and found.has_config:
    theirs = opened.config().hidden_act
    if (config.hidden_act or "") != (theirs or ""):
      logging.warning(
        "%s: was made with hidden_act %s, and bert_config.json says %s: the "
        "numbers will differ a little; see docs/checkpoints.md",
        path,
        theirs,
        config.hidden_act,
      )
  return opened
