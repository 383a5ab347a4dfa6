r"""Exports a checkpoint as a SavedModel that takes text, or for devices.

Example:
  bert_tf export_saved_model --model_type=classifier \
    --init_checkpoint=out/mrpc --export_dir=models/mrpc
"""

import shlex

from absl import flags, logging

import bert_tf
from bert_tf.commands import shared_flags
from bert_tf.export import export_settings
from bert_tf.layers import pooling_names
from bert_tf.runtimes import runtime_settings

FLAGS = flags.FLAGS

# What each kind takes unless told otherwise, if the model has the positions.
_LENGTHS = {"span": 384}
_LENGTH = 128

flags.DEFINE_enum(
  "model_type",
  None,
  export_settings.MODEL_TYPES,
  "Type of model to export.",
  required=True,
)
flags.DEFINE_string(
  "export_dir",
  None,
  "Parent directory; each export creates a numbered version in it.",
  required=True,
)
shared_flags.define(
  "init_checkpoint",
  "bert_config_file",
  "vocab_file",
  "do_lower_case",
  "max_seq_length",
  "top_k",
  *shared_flags.SPAN,
  required=("init_checkpoint",),
  beside=("bert_config_file", "vocab_file"),
  texts={
    "init_checkpoint": (
      "Checkpoint of the fine-tuned model; pre-trained for some types."
    ),
    "max_seq_length": (
      "Maximum sequence length in tokens. Default: 128, for span 384, or the "
      "model's maximum."
    ),
    "top_k": "masked_lm, pretrainer: number of words for each [MASK].",
  }
  | {name: "span: as of run_squad." for name in shared_flags.SPAN},
  max_seq_length=None,
)
flags.DEFINE_list(
  "labels",
  None,
  "classifier, multilabel, tagger: labels of the outputs, in order. Default: "
  "those that the runner wrote beside the checkpoint.",
)
flags.DEFINE_enum(
  "precision",
  "float32",
  export_settings.PRECISIONS,
  "bfloat16 halves the size, and is faster where the device supports it.",
)
flags.DEFINE_enum(
  "pooling",
  "mean",
  [name for name in pooling_names.POOLINGS if name != "none"],
  "sentence: how the token vectors are pooled.",
)
flags.DEFINE_bool("normalize", False, "sentence: scale vectors to length 1.")
flags.DEFINE_bool(
  "pad_windows",
  False,
  "span: pad windows to max_seq_length, as run_squad does by default.",
)
flags.DEFINE_enum(
  "format",
  runtime_settings.SAVED_MODEL,
  runtime_settings.FORMATS,
  "What to write: a SavedModel, or a model for LiteRT or ONNX Runtime with the "
  "vocabulary beside it.",
)
flags.DEFINE_enum(
  "quantize",
  runtime_settings.NONE,
  runtime_settings.QUANTIZED[runtime_settings.LITERT],
  "litert, onnx: dynamic stores weights in int8, a quarter of the size. "
  "litert: int8 also fixes the ranges of activations, with --calibration_file.",
)
flags.DEFINE_list(
  "litert_lengths",
  None,
  "litert: sequence lengths that the model has signatures for, in addition to "
  "--max_seq_length; a text takes the shortest that it fits into.",
)
flags.DEFINE_string(
  "calibration_file",
  None,
  "--quantize=int8: texts, one text or pair a line, from which the ranges of "
  "activations are taken (the first 200).",
)


def main() -> None:
  """Runs with the flags given."""
  form = runtime_settings.RuntimeSettings(
    FLAGS.format,
    FLAGS.quantize,
    runtime_settings.parse_lengths(FLAGS.litert_lengths or ()),
    FLAGS.calibration_file,
  )
  config = bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file)
  usual = _LENGTHS.get(FLAGS.model_type, _LENGTH)
  settings = shared_flags.settings(
    export_settings.ExportSettings,
    labels=tuple(FLAGS.labels or ()),
    max_seq_length=(
      min(usual, config.max_position_embeddings)
      if FLAGS.max_seq_length is None
      else FLAGS.max_seq_length
    ),
  )
  model = config, FLAGS.init_checkpoint, FLAGS.vocab_file, settings
  if form.format == runtime_settings.SAVED_MODEL:
    from bert_tf.export import exporter
    from bert_tf.runtimes import runtime_folder

    runtime_folder.check_format(FLAGS.export_dir, form.format)
    exporter.export(*model, FLAGS.export_dir)
    words = [f"--saved_model={FLAGS.export_dir}"]
    logging.info("next: bert_tf serve %s", shlex.join(words))
  else:
    from bert_tf.runtimes import runtime_export

    runtime_export.export(*model, form, FLAGS.export_dir)
