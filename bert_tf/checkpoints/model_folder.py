"""A checkpoint together with the files beside it that prediction needs."""

import os
from collections.abc import Collection
from typing import Any

from bert_tf import bert_config
from bert_tf.checkpoints import (
  beside_checkpoint,
  checkpoint_reader,
  formats,
  google_format,
  loader,
  portable_model,
  run_metadata,
  stored_rules,
)
from bert_tf.model_files import model_names
from bert_tf.system import files


class ModelFolder:
  """A checkpoint of any format, opened for reading.

  Args:
    path: A folder, the prefix of a checkpoint, or the name of a model, as of
      `model_names.resolve`.
    config: Needed if there is no bert_config.json beside the checkpoint.
    vocab_file: Needed if there is no vocab.txt beside the checkpoint.
    do_lower_case: Whether text is lower-cased, if the files do not say. By
      default it is unless the vocabulary has capital letters.

  Attributes:
    path: The path that was given, or of the model of that name.
    reader: Reader of the checkpoint.
    config: The model's configuration.
    vocab_file: The model's vocabulary.
    do_lower_case: Whether text is lower-cased.
    run: Metadata of the run that wrote the checkpoint, if there is any.
    labels: Labels in the order of the model's outputs; () if unknown.
    labels_of: As of `portable_model.Portable`.

  Raises:
    FileNotFoundError: No checkpoint, configuration or vocabulary was found.
    ValueError: A file is damaged.
  """

  def __init__(
    self,
    path: str | os.PathLike[str],
    config: bert_config.BertConfig | None = None,
    vocab_file: str | os.PathLike[str] | None = None,
    do_lower_case: bool | None = None,
  ):
    self.path = model_names.resolve(path)
    self.run: run_metadata.RunMetadata | None = None
    form = formats.recognise(self.path)
    if form == "google":
      self.reader: Any = checkpoint_reader.Reader(self.path)
      self.config: bert_config.BertConfig = config or self.reader.config()
      self.run = run_metadata.beside(self.reader.prefix)
      told = google_format.notes(self.reader.prefix, self.config)
      labels, labels_of = told.get("labels") or (), told.get("labels_of")
      folder = os.path.dirname(self.reader.prefix)
    else:
      model = formats.read(self.path, form)
      self.reader = checkpoint_reader.PortableReader(model)
      self.config = config or model.config
      labels, labels_of = model.labels, model.labels_of
      folder = self.path
    self.labels, self.labels_of = tuple(labels), labels_of
    self.vocab_file = os.fspath(vocab_file or self._find_vocabulary(folder))
    if do_lower_case is None:
      stated = stored_rules.stated(self.vocab_file, self.path)
      do_lower_case = stated.get("lower_case")
    if do_lower_case is None:
      do_lower_case = _lower_cases(self.vocab_file)
    self.do_lower_case = do_lower_case

  def _find_vocabulary(self, folder: str) -> str:
    found = beside_checkpoint.vocabulary(os.path.join(folder, ""))
    if found:
      return found
    raise FileNotFoundError(
      f"no {portable_model.VOCABULARY} beside the checkpoint "
      f"{self.reader.prefix}; give vocab_file"
    )

  def shape(self, name: str) -> tuple[int, ...]:
    """The shape of a variable in the checkpoint.

    Raises:
      ValueError: The checkpoint has no such variable.
    """
    found: tuple[int, ...] | None = self.reader.shapes.get(name)
    if found is None:
      raise ValueError(
        f"{self.reader.prefix} has no variable {name}: it was not trained for "
        "this task"
      )
    return found

  def check_labels_of(self, expected: str) -> None:
    """Checks that the labels are of sequences, or of tokens, as expected.

    Args:
      expected: As of `portable_model.Portable.labels_of`.

    Raises:
      ValueError: They are known to be of something else.
    """
    if self.labels_of not in (None, expected):
      raise ValueError(
        f"{self.reader.prefix}: its labels are of each {self.labels_of}, "
        f"expected labels of each {expected}: it is a model of another task"
      )

  def load(self, model: Any, optional: Collection[str] = ()) -> None:
    """Loads the checkpoint into a model.

    Args:
      model: The model.
      optional: Names of variables that may be missing from the checkpoint.

    Raises:
      ValueError: Another variable is missing, or a shape differs.
    """
    loader.load(
      model.variables, self.reader, require_all=True, optional=optional
    )


def _lower_cases(vocab_file: str) -> bool:
  """Guesses from a vocabulary: those of cased models have capital letters."""
  with files.open_file(vocab_file) as file:
    pieces = portable_model.parse_vocabulary(file.read(), vocab_file)
  return portable_model.is_lower_cased(pieces)
