r"""Extracts vectors of tokens, words or whole lines from a BERT model.

Example:
  bert_tf extract_features --input_file=lines.txt \
    --output_file=vectors.jsonl --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

import bert_tf
from bert_tf.commands import device_flags, shared_flags
from bert_tf.layers import pooling_names
from bert_tf.tasks.vectors import settings

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "input_file",
  None,
  'Input file with one text or pair of texts ("a ||| b") per line.',
  required=True,
)
flags.DEFINE_string(
  "output_file", None, "Output file for the vectors.", required=True
)
flags.DEFINE_string(
  "layers", "-1,-2,-3,-4", "Comma-separated layers; -1 is the last."
)
shared_flags.define(
  "bert_config_file",
  "max_seq_length",
  "init_checkpoint",
  "vocab_file",
  "do_lower_case",
  "batch_size",
  required=("init_checkpoint",),
  beside=("bert_config_file", "vocab_file"),
)
flags.DEFINE_bool(
  "use_one_hot_embeddings",
  False,
  "Look up embeddings with a matmul instead of a gather (always on TPUs).",
)
flags.DEFINE_enum(
  "output_format",
  "json",
  settings.OUTPUT_FORMATS,
  "json writes the original's lines; npz and tfrecord are smaller and exact.",
)
flags.DEFINE_enum(
  "pooling",
  "none",
  pooling_names.POOLINGS,
  "Pool the token vectors into one vector per line.",
)
flags.DEFINE_bool(
  "word_vectors",
  False,
  "Write one vector per word, with its position in the line.",
)
flags.DEFINE_string(
  "projector_dir",
  None,
  "Directory for the files of TensorBoard's projector, which shows pooled "
  "lines in space: tensorboard --logdir=DIRECTORY.",
)
device_flags.define_devices()


def main() -> None:
  """Runs with the flags given."""
  told = (
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(
      settings.FeatureSettings, layers=settings.parse_layers(FLAGS.layers)
    ),
    device_flags.devices(),
  )
  from bert_tf.tasks.vectors import run

  run.run(*told)
