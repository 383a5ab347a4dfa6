"""Exports a checkpoint as a SavedModel that takes text."""

import dataclasses
import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

import bert_tf
from bert_tf.export import saved_model
from bert_tf.export import settings as settings_lib
from bert_tf.layers import pooling
from tools import command_line

FLAGS = flags.FLAGS

# What each kind takes unless told otherwise, if the model has the positions.
_LENGTHS = {"span": 384}
_LENGTH = 128

flags.DEFINE_enum(
  "model_type", None, settings_lib.MODEL_TYPES, "What is exported."
)
flags.DEFINE_string(
  "init_checkpoint", None, "The fine-tuned model; for some types pre-trained."
)
flags.DEFINE_string("bert_config_file", None, "bert_config.json of the model.")
flags.DEFINE_string("vocab_file", None, "The vocabulary of the model.")
flags.DEFINE_string(
  "export_dir", None, "Gets a folder for each version: 1, 2, ..."
)
flags.mark_flags_as_required(
  [
    "model_type",
    "init_checkpoint",
    "bert_config_file",
    "vocab_file",
    "export_dir",
  ]
)
flags.DEFINE_bool(
  "do_lower_case", True, "True for uncased models, false for cased ones."
)
flags.DEFINE_integer(
  "max_seq_length",
  None,
  "The most tokens; unset: 128, 384 for span, or what the model allows.",
)
flags.DEFINE_list(
  "labels",
  None,
  "classifier, multilabel, tagger: what the outputs stand for, in order; "
  "unset: what the runner wrote beside the checkpoint.",
)
flags.DEFINE_enum(
  "precision",
  "float32",
  settings_lib.PRECISIONS,
  "bfloat16: half the size, and faster where the device computes in it.",
)
flags.DEFINE_enum(
  "pooling",
  "mean",
  [name for name in pooling.POOLINGS if name != "none"],
  "sentence: how token vectors make one.",
)
flags.DEFINE_bool("normalize", False, "sentence: vectors of length 1.")
flags.DEFINE_integer("doc_stride", 128, "span: as of run_squad.")
flags.DEFINE_integer("max_query_length", 64, "span: as of run_squad.")
flags.DEFINE_integer("n_best_size", 20, "span: as of run_squad.")
flags.DEFINE_integer("max_answer_length", 30, "span: as of run_squad.")
flags.DEFINE_bool(
  "version_2_with_negative", False, "span: some questions have no answer."
)
flags.DEFINE_float("null_score_diff_threshold", 0.0, "span: as of run_squad.")
flags.DEFINE_bool(
  "pad_windows",
  False,
  "span: windows are padded to max_seq_length, as by default in run_squad.",
)
flags.DEFINE_integer("top_k", 5, "masked_lm, pretrainer: words for a [MASK].")


def main() -> None:
  """Runs with the flags given."""
  config = bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file)
  usual = _LENGTHS.get(FLAGS.model_type, _LENGTH)
  values = {
    field.name: FLAGS[field.name].value
    for field in dataclasses.fields(settings_lib.ExportSettings)
  }
  values["labels"] = tuple(FLAGS.labels or ())
  values["max_seq_length"] = FLAGS.max_seq_length or min(
    usual, config.max_position_embeddings
  )
  saved_model.export(
    config,
    FLAGS.init_checkpoint,
    FLAGS.vocab_file,
    settings_lib.ExportSettings(**values),
    FLAGS.export_dir,
  )


if __name__ == "__main__":
  command_line.run(main)
