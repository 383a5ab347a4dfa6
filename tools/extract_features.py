"""Extracts vectors of tokens, words or whole lines from a BERT model."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

import bert_tf
from bert_tf.layers import pooling
from bert_tf.tasks.features import extract, writers
from tools import command_line, device_flags

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
flags.DEFINE_string(
  "bert_config_file", None, "bert_config.json of the model.", required=True
)
flags.DEFINE_integer(
  "max_seq_length", 128, "Tokens of a sequence; longer ones are cut."
)
flags.DEFINE_string("init_checkpoint", None, "The model.", required=True)
flags.DEFINE_string(
  "vocab_file", None, "The vocabulary of the model.", required=True
)
flags.DEFINE_bool(
  "do_lower_case", True, "True for uncased models, false for cased ones."
)
flags.DEFINE_integer("batch_size", 32, "Lines computed at once.")
flags.DEFINE_bool(
  "use_one_hot_embeddings",
  False,
  "Look words up by a product instead of a gather; on a TPU always so.",
)
flags.DEFINE_enum(
  "output_format",
  "json",
  sorted(writers.FORMATS),
  "json is the original's lines; npz and tfrecord are smaller and exact.",
)
flags.DEFINE_enum(
  "pooling",
  "none",
  pooling.POOLINGS,
  "One vector for each line instead of one for each token.",
)
flags.DEFINE_bool(
  "word_vectors", False, "One vector for each word, with its place in the line."
)
device_flags.define_devices()


def main() -> None:
  """Runs with the flags given."""
  extract.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    extract.FeatureSettings(
      input_file=FLAGS.input_file,
      output_file=FLAGS.output_file,
      vocab_file=FLAGS.vocab_file,
      init_checkpoint=FLAGS.init_checkpoint,
      layers=extract.parse_layers(FLAGS.layers),
      max_seq_length=FLAGS.max_seq_length,
      do_lower_case=FLAGS.do_lower_case,
      batch_size=FLAGS.batch_size,
      use_one_hot_embeddings=FLAGS.use_one_hot_embeddings,
      output_format=FLAGS.output_format,
      pooling=FLAGS.pooling,
      word_vectors=FLAGS.word_vectors,
    ),
    device_flags.devices(),
  )


if __name__ == "__main__":
  command_line.run(main)
