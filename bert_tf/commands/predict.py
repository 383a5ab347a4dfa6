r"""Answers lines of standard input by an exported model, as JSON lines.

Example:
  echo "It rained all day. ||| The day was wet." | \
    bert_tf predict --saved_model=models/mrpc
"""

import sys
from collections.abc import Callable
from typing import Any

from absl import flags, logging

from bert_tf.commands import shared_flags

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "saved_model",
  None,
  "Export written by export_saved_model in any of its formats, or its parent "
  "directory, whose latest version is used.",
  required=True,
)
shared_flags.define(
  "batch_size",
  texts={
    "batch_size": (
      "Maximum number of lines per batch. A line is answered immediately when "
      "no other line is waiting."
    )
  },
)
flags.register_validator(  # type: ignore[no-untyped-call]
  "batch_size", lambda size: size > 0, "expected at least 1"
)


def main() -> None:
  """Runs with the flags given."""
  from bert_tf.system import answer_stream

  count = answer_stream.run(
    _opened(FLAGS.saved_model), sys.stdin.buffer, sys.stdout, FLAGS.batch_size
  )
  logging.info("%d lines answered", count)


def _opened(path: str) -> Callable[..., Any]:
  """What answers; of LiteRT and ONNX without TensorFlow."""
  from bert_tf.runtimes import runtime_folder

  if runtime_folder.find(path):
    from bert_tf.runtimes import answerer

    return answerer.Answerer(path)
  from bert_tf.checkpoints import exported_format
  from bert_tf.export import saved_model_predictor
  from bert_tf.kernels import onednn_kernels

  # What a SavedModel of others does with its weights is not known.
  if exported_format.FORMAT.mismatch(path) is None:
    onednn_kernels.assume_frozen_weights()
  return saved_model_predictor.Predictor(path).answer
