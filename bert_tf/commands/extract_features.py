r"""Extracts vectors of tokens, words or whole lines from a BERT model.

Example:
  bert_tf extract_features --input_file=lines.txt \
    --output_file=vectors.jsonl --init_checkpoint=$BERT/bert_model.ckpt \
    --bert_config_file=$BERT/bert_config.json --vocab_file=$BERT/vocab.txt
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
  'Text, one line for each text or pair ("a ||| b").',
  required=True,
)
flags.DEFINE_string(
  "output_file", None, "Where the features go.", required=True
)
flags.DEFINE_string(
  "layers", "-1,-2,-3,-4", "Layers, -1 the last, comma-separated."
)
shared_flags.define(
  "bert_config_file",
  "max_seq_length",
  "init_checkpoint",
  "vocab_file",
  "do_lower_case",
  "batch_size",
  required=("bert_config_file", "init_checkpoint", "vocab_file"),
)
flags.DEFINE_bool(
  "use_one_hot_embeddings",
  False,
  "Look words up by a product instead of a gather; on a TPU always so.",
)
flags.DEFINE_enum(
  "output_format",
  "json",
  settings.OUTPUT_FORMATS,
  "json is the original's lines; npz and tfrecord are smaller and exact.",
)
flags.DEFINE_enum(
  "pooling",
  "none",
  pooling_names.POOLINGS,
  "One vector for each line instead of one for each token.",
)
flags.DEFINE_bool(
  "word_vectors", False, "One vector for each word, with its place in the line."
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
