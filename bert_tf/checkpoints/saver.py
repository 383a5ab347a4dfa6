"""Writing name-based checkpoints, which the original program restores."""

import contextlib
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf.checkpoints import checkpoint_prefix
from bert_tf.system import (
  error_text,
  files,
  output_files,
  temporary_names,
  write_errors,
)


def save(values: Mapping[str, Any], prefix: str) -> None:
  """Writes tensors under their names, by the op of TensorFlow's own Saver.

  Both files are written whole under temporary names, then renamed, the index
  last.

  Args:
    values: Tensors, variables or arrays by name.
    prefix: Where to; `prefix.index` and `prefix.data-...` are replaced.

  Raises:
    OSError: It cannot be written; the message names it and the reason.
    ValueError: As of `checkpoint_prefix.check_path`.
  """
  checkpoint_prefix.check_path(prefix)
  folder = os.path.dirname(prefix)
  if folder:
    files.make_folder(folder)
  output_files.sweep(folder)
  ordered = sorted(values)
  tensors = [tf.convert_to_tensor(_plain(values[name])) for name in ordered]
  temporary = temporary_names.beside(prefix)
  try:
    with tf.device("CPU:0"):
      tf.raw_ops.SaveV2(
        prefix=temporary,
        tensor_names=ordered,
        shape_and_slices=[""] * len(ordered),
        tensors=tensors,
      )
    for ending in (checkpoint_prefix.DATA, checkpoint_prefix.INDEX):
      output_files.sync(temporary + ending)
    for ending in (checkpoint_prefix.DATA, checkpoint_prefix.INDEX):
      output_files.publish(temporary + ending, prefix + ending)
  except tf.errors.OpError as error:
    _remove(temporary)
    message = error_text.plain(error)
    raise write_errors.from_message(prefix, message) from error
  except BaseException:
    _remove(temporary)
    raise


def _remove(temporary: str) -> None:
  """Removes what is left under a temporary prefix, TensorFlow's endings too.

  As far as that is possible: why it was not written is the error to tell.
  """
  folder, start = os.path.split(temporary)
  with contextlib.suppress(OSError):
    for name in files.all_names_in(folder or "."):
      if name.startswith(start):
        files.remove(os.path.join(folder, name))


def _plain(value: Any) -> Any:
  """This process's copy of a variable that a strategy may have mirrored."""
  copies = getattr(value, "values", None)
  return copies[0] if isinstance(copies, list | tuple) and copies else value
