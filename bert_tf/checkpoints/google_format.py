"""Google's format: a name-based checkpoint with its configuration."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  checkpoint_prefix,
  checkpoint_reader,
  portable_model,
  run_metadata,
  saver,
)
from bert_tf.system import output_files

# Further keys of the bert_config.json that this project writes, beside the
# tokenizer's rules. The original leaves keys alone that it does not know.
_NOTES = ("labels", "labels_of")


class GoogleFormat(checkpoint_format.WritableFormat):
  """bert_model.ckpt, bert_config.json and vocab.txt."""

  name = "google"
  has_config = False
  has_training_state = True

  def mismatch(self, path: str) -> str | None:
    """See `CheckpointFormat`; any name-based checkpoint will do."""
    try:
      checkpoint_prefix.find(path)
    except FileNotFoundError as error:
      return str(error)
    return None

  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads the checkpoint and the files beside it, training state included.

    Raises:
      FileNotFoundError: There is no bert_config.json, and no `config`.
      ValueError: A file is damaged.
    """
    reader = checkpoint_reader.Reader(path)
    config, stated = portable_model.without_rules(
      config or reader.config(), f"bert_config.json of {reader.prefix}"
    )
    vocabulary = portable_model.read_vocabulary(
      run_metadata.folder_with(portable_model.VOCABULARY, reader.prefix)
      or os.path.dirname(reader.prefix)
    )
    extra = {k: v for k, v in config.extra.items() if k not in _NOTES}
    told = notes(reader.prefix, config)
    run = run_metadata.beside(reader.prefix)
    for of_run in run.rules(reader.prefix).values() if run else ():
      stated = {**of_run, **stated}
    labels_of = told.get("labels_of")
    return portable_model.Portable(
      path=reader.prefix,
      config=dataclasses.replace(config, extra=extra),
      tensors={name: reader.read(name) for name in sorted(reader.shapes)},
      vocabulary=vocabulary,
      rules=portable_model.rules(stated, vocabulary),
      labels=_labels(told),
      labels_of=labels_of if isinstance(labels_of, str) else None,
    )

  def labels(self, path: str) -> tuple[str, ...]:
    """Those that the files beside the checkpoint tell; no tensor is read."""
    prefix = checkpoint_prefix.find(path)
    try:
      config = checkpoint_reader.find_config(prefix)
    except FileNotFoundError:
      config = None
    return _labels(notes(prefix, config))

  def open(self, path: str) -> checkpoint_reader.TensorReader:
    """Opens it as it is, without a configuration perhaps."""
    return checkpoint_reader.Reader(path)

  def lost(self, model: portable_model.Portable) -> list[str]:
    """Nothing."""
    del model
    return []

  def write(self, model: portable_model.Portable, folder: str) -> None:
    """Writes bert_model.ckpt, bert_config.json and vocab.txt."""
    notes = {
      "labels": list(model.labels) or None,
      "labels_of": model.labels_of,
    }
    known = {key: value for key, value in notes.items() if value is not None}
    config = dataclasses.replace(
      model.config, extra=dict(model.config.extra) | known
    )
    prefix = os.path.join(folder, checkpoint_prefix.DEFAULT)
    saver.save(model.tensors, prefix)
    portable_model.write_config(
      dataclasses.replace(model, config=config), folder
    )
    if model.vocabulary is not None:
      output_files.write_atomically(
        os.path.join(folder, portable_model.VOCABULARY),
        model.vocabulary_bytes(),
      )


FORMAT = GoogleFormat()


def _labels(told: Mapping[str, Any]) -> tuple[str, ...]:
  found = told.get("labels")
  return tuple(map(str, found)) if isinstance(found, list) else ()


def notes(
  prefix: str, config: bert_config.BertConfig | None
) -> Mapping[str, Any]:
  """What a converter wrote into bert_config.json, or a runner beside it.

  Returns:
    `labels` and `labels_of` as of `Portable`, so far as they are known.
  """
  extra = config.extra if config else {}
  told = {key: extra[key] for key in _NOTES if key in extra}
  run = run_metadata.beside(prefix)
  if run is not None:  # It knows better than a configuration it started with.
    told |= {"labels": list(run.labels or ()), "labels_of": run.labels_of}
  return told
