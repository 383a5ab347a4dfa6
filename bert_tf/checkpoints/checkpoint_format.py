"""What a checkpoint format is: a name, a test, a reader and perhaps a writer.

Each format is one module with one instance, `FORMAT`; `formats.FORMATS` lists
them. All are read into `portable_model.Portable` and written from it, so that
a format needs to know Google's names and its own, and no other format's.
"""

import abc
from typing import Protocol, runtime_checkable

from bert_tf import bert_config
from bert_tf.checkpoints import checkpoint_reader, portable_model


class CheckpointFormat(Protocol):
  """A format that is read.

  Attributes:
    name: Its name in `--from` and `--to`.
    has_config: Whether each such checkpoint has its configuration in it.
    has_training_state: Whether it keeps the optimizer's state.
  """

  name: str
  has_config: bool = True
  has_training_state: bool = False

  @abc.abstractmethod
  def mismatch(self, path: str) -> str | None:
    """Tells why a path is not a checkpoint in this format.

    Returns:
      What was looked for and what was found, for an error message; None if
      it is one.
    """

  @abc.abstractmethod
  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads a checkpoint whole.

    Args:
      path: Of which `mismatch` says nothing.
      config: Used instead of the one beside the checkpoint, by a format that
        has none of its own (`has_config`).

    Raises:
      FileNotFoundError: A file is missing.
      ValueError: A file is damaged, or is not of a BERT.
    """

  def labels(self, path: str) -> tuple[str, ...]:
    """The labels of a classifier, as far as its checkpoint tells them."""
    return tuple(self.read(path).labels)

  def open(self, path: str) -> checkpoint_reader.TensorReader:
    """Opens a checkpoint to read its tensors by Google's names."""
    model = self.read(path)
    portable_model.check(model)
    return checkpoint_reader.PortableReader(model)


@runtime_checkable
class WritableFormat(CheckpointFormat, Protocol):
  """A format that is written too."""

  @abc.abstractmethod
  def lost(self, model: portable_model.Portable) -> list[str]:
    """What the format cannot store of a model, training state apart."""

  @abc.abstractmethod
  def write(self, model: portable_model.Portable, folder: str) -> None:
    """Writes a checked model into an empty folder, without what is `lost`.

    Raises:
      ValueError: The format requires something that the model does not have.
    """
