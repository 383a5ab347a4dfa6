"""All forms of checkpoints, by name."""

import os
from typing import Any

import numpy as np
from absl import logging

from bert_tf import bert_config, files
from bert_tf.checkpoints import (
  exported_format,
  google_format,
  huggingface_format,
  keras_nlp_format,
  model_garden_format,
  portable_model,
  variable_names,
)

# Each has `recognises(path)`, `read(path)`, and those that are written
# `lost(model)` and `write(model, folder)`. The first that recognises a path
# reads it.
FORMATS: dict[str, Any] = {
  "keras_nlp": keras_nlp_format,
  "huggingface": huggingface_format,
  "saved_model": exported_format,
  "model_garden": model_garden_format,
  "google": google_format,
}
WRITTEN = tuple(name for name in FORMATS if hasattr(FORMATS[name], "write"))


def recognise(path: str) -> str:
  """The form of the checkpoint at a path.

  Raises:
    FileNotFoundError: There is none of a known form.
  """
  for name, module in FORMATS.items():
    if module.recognises(path):
      return name
  if not files.exists(path):
    google_format.find_checkpoint(path)  # Its message says what was looked for.
  raise FileNotFoundError(
    f"{path}: not a checkpoint of a known form ({', '.join(FORMATS)}): found "
    "neither bert_model.ckpt.index nor config.json nor exported_format.pb"
  )


def read(
  path: str,
  form: str | None = None,
  config: bert_config.BertConfig | None = None,
) -> portable_model.Portable:
  """Reads a checkpoint and checks that its parts belong together.

  Args:
    path: A prefix or a folder.
    form: One of `FORMATS`; recognised if None.
    config: Instead of the checkpoint's own; of the form google, which may
      have none.

  Raises:
    FileNotFoundError: A file is missing.
    ValueError: A file is damaged, or does not belong to the others.
  """
  form = form or recognise(path)
  if config is not None and form != "google":
    raise ValueError(
      f"{path}: the form {form} has its own configuration; give none"
    )
  more = () if config is None else (config,)
  model = FORMATS[form].read(path, *more)
  portable_model.check(model)
  return model


def write(
  model: portable_model.Portable,
  form: str,
  folder: str,
  allow_loss: bool = False,
) -> None:
  """Writes a checkpoint: the whole folder or nothing.

  Args:
    model: What to write.
    form: One of `WRITTEN`.
    folder: Must not exist yet.
    allow_loss: Whether to leave out what the form cannot hold.

  Raises:
    FileExistsError: `folder` is there.
    ValueError: The form cannot hold all of the model.
  """
  portable_model.check(model)
  portable_model.check_vocabulary(model)
  lost = sorted(FORMATS[form].lost(model))
  if lost and not allow_loss:
    raise ValueError(
      f"the form {form} cannot hold {len(lost)} things: {', '.join(lost)}; "
      "--allow_loss leaves them out"
    )
  for what in lost:
    logging.warning("left out: %s", what)
  state = [
    name for name in model.tensors if variable_names.is_training_state(name)
  ]
  if state and form != "google":
    logging.info("left out: %d entries of the optimizer's state", len(state))
  with files.writing_folder(folder) as temporary:
    FORMATS[form].write(model, temporary)


def labels(path: str) -> tuple[str, ...]:
  """The labels of a classifier that its checkpoint knows; perhaps none."""
  form = recognise(path)
  if form == "google":
    return google_format.labels(path)
  return tuple(read(path, form).labels)


class PortableReader:
  """A checkpoint of any form as `google_format.Reader` shows Google's."""

  def __init__(self, model: portable_model.Portable):
    self.prefix = model.path
    self._model = model
    self.shapes = {name: v.shape for name, v in model.tensors.items()}
    self.dtypes = {name: v.dtype.name for name, v in model.tensors.items()}

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """One tensor, by Google's name.

    Raises:
      KeyError: There is no such name.
    """
    if name not in self.shapes:
      raise KeyError(f"{self.prefix} has no variable {name!r}")
    return self._model.tensors[name]

  def config(self) -> bert_config.BertConfig:
    """The configuration."""
    return self._model.config


def reader(
  path: str | os.PathLike[str], config: bert_config.BertConfig | None = None
) -> Any:
  """Opens a checkpoint of any form, for `google_format.load`.

  Args:
    path: A prefix or a folder.
    config: That of the model to load into; a warning is logged where it has
      another activation than the checkpoint says.

  Raises:
    FileNotFoundError: There is no checkpoint.
    ValueError: It is damaged.
  """
  path = os.fspath(path)
  form = recognise(path)
  if form == "google":
    return google_format.Reader(path)
  model = read(path, form)
  if config and (config.hidden_act or "") != (model.config.hidden_act or ""):
    logging.warning(
      "%s: was made with hidden_act %s, and bert_config.json says %s: the "
      "numbers will differ a little; see docs/checkpoints.md",
      path,
      model.config.hidden_act,
      config.hidden_act,
    )
  return PortableReader(model)
