"""What models have to do with checkpoints: a hook, and what to expect of one.

The models know nothing of checkpoints, and this module imports no TensorFlow:
`bert_tf` sets the loader, which is imported when it is first needed.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

# (model_class, path, **kwargs) -> model; see `checkpoints.loader.load_model`.
Loader = Callable[..., Any]
_loaders: list[Loader] = []
# (model, folder, **kwargs) -> prefix; see `model_writer.save_model`.
Saver = Callable[..., str]
_savers: list[Saver] = []


def set_loader(loader: Loader) -> None:
  """Sets what `from_checkpoint` of all models calls."""
  _loaders[:] = [loader]


def set_saver(saver: Saver) -> None:
  """Sets what `save_checkpoint` of all models calls."""
  _savers[:] = [saver]


class LoadableModel:
  """A model made of a configuration, which a checkpoint is loaded into.

  Attributes:
    variables: All of them, named as in Google's checkpoints.
    task: What the metadata of a checkpoint call the model's task.
    loaded_from: The checkpoint that `from_checkpoint` loaded; else None.
  """

  variables: list[Any]
  task = "encoder"
  loaded_from: str | None = None

  @classmethod
  def from_checkpoint(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
    """Makes a model and loads a checkpoint, Google's or of any other format.

    Args:
      path: A checkpoint prefix (`.../bert_model.ckpt`) with bert_config.json
        beside it, or the folder of an unpacked Google zip, or of another
        format of docs/checkpoints.md; or the name of a model, such as
        `uncased_L-12_H-768_A-12` or `hf:ORG/NAME`, which is downloaded once.
      **kwargs: Further arguments of the class; `config` where there is no
        bert_config.json.

    Raises:
      FileNotFoundError: No checkpoint or no configuration there.
      ValueError: A variable that the checkpoint must have is missing, one has
        another shape, or an argument of the class is not known.
    """
    if not _loaders:
      raise RuntimeError(
        "no checkpoint loader is set: import bert_tf, which sets it, or call "
        "loadable_model.set_loader"
      )
    model: Self = _loaders[0](cls, path, **kwargs)
    model.loaded_from = os.fspath(path)
    return model

  def save_checkpoint(
    self, folder: str | os.PathLike[str], **kwargs: Any
  ) -> str:
    """Writes the model as a folder that the commands read.

    It has the files of an unpacked Google zip (bert_model.ckpt,
    bert_config.json, vocab.txt) and the metadata of a run: labels, and how text
    is read. `from_checkpoint` reads it, a predictor's, too.

    Args:
      folder: A new folder, or an empty one.
      **kwargs: `tokenizer`, the model's, by default that of the checkpoint that
        `from_checkpoint` loaded; `labels`, in the order of the outputs;
        `kind`, of a `BertClassifier`: "single_label" (the default),
        "multi_label" or "regression"; `max_seq_length`; `overwrite`, whether a
        model in the folder is replaced.

    Returns:
      The prefix of the checkpoint.

    Raises:
      FileExistsError: There is a model in the folder, or checkpoints of a run.
      ValueError: Labels, kind or tokenizer do not fit the model.
    """
    if not _savers:
      raise RuntimeError(
        "no checkpoint saver is set: import bert_tf, which sets it, or call "
        "loadable_model.set_saver"
      )
    return _savers[0](self, folder, **kwargs)

  @classmethod
  def arguments(cls, reader: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the class, completed by what a checkpoint tells.

    Args:
      reader: The checkpoint: `prefix`, and `shapes` by name.
      given: Arguments that are given.
    """
    del reader
    return dict(given)

  def optional_variables(self) -> Iterable[Any]:
    """The variables that a checkpoint may lack; they keep their values."""
    return ()
