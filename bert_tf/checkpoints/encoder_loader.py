"""Loads the encoder of a checkpoint, to apply it."""

from typing import Any

from bert_tf.checkpoints import formats, load_log, loader, variable_names


def load(model: Any, init_checkpoint: str) -> None:
  """Loads an encoder; the pooler may be missing, nothing else.

  Args:
    model: A `BertModel`.
    init_checkpoint: What `formats.reader` takes.

  Raises:
    FileNotFoundError: There is no checkpoint.
    ValueError: A variable is missing. The original went on with random ones.
  """
  report = loader.load(
    model.variables,
    formats.reader(init_checkpoint, model.config),
    require_all=True,
    optional=variable_names.by_name(model.pooler.variables),
  )
  load_log.log("init_checkpoint", report)
