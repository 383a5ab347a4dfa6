"""What a training starts from: the variables of a checkpoint."""

from collections.abc import Sequence
from typing import Any

from bert_tf.checkpoints import formats, layer_selection, load_log, loader


def load(
  model: Any,
  path: str,
  allow_new_layers: bool = False,
  layers: Sequence[int] = (),
) -> None:
  """Assigns a checkpoint's variables to a model, and logs what was new.

  Args:
    model: A model of `bert_tf.models`.
    path: The checkpoint, of any form.
    allow_new_layers: As of `loader.load`.
    layers: As of `layer_selection.of`.

  Raises:
    ValueError: As of `loader.load` and `layer_selection.of`.
  """
  reader = layer_selection.of(formats.reader(path, model.config), layers)
  report = loader.load(
    model.variables, reader, allow_new_layers=allow_new_layers
  )
  load_log.log("init_checkpoint", report)
