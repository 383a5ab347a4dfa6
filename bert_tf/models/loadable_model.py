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


def set_loader(loader: Loader) -> None:
  """Sets what `from_checkpoint` of all models calls."""
  _loaders[:] = [loader]


class LoadableModel:
  """A model made of a configuration, which a checkpoint is loaded into.

  Attributes:
    variables: All of them, named as in Google's checkpoints.
  """

  variables: list[Any]

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
    return model

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
