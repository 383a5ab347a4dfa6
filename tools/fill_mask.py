"""Asks a pre-trained model: words for [MASK], perplexity, next sentences."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

import bert_tf
from bert_tf.tasks.fill_mask import run
from tools import command_line, device_flags

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "bert_config_file", None, "bert_config.json of the model.", required=True
)
flags.DEFINE_string(
  "init_checkpoint", None, "A checkpoint of a pre-training.", required=True
)
flags.DEFINE_string(
  "vocab_file", None, "The vocabulary of the model.", required=True
)
flags.DEFINE_enum(
  "mode",
  "fill",
  run.MODES,
  "fill: the likeliest words for each [MASK]; perplexity: of a line, each "
  "piece masked in turn; next_sentence: whether b follows a in 'a ||| b'.",
)
flags.DEFINE_string(
  "input_file", None, "One text or pair a line; unset: standard input."
)
flags.DEFINE_string(
  "output_file", None, "Where answers go; unset: standard output."
)
flags.DEFINE_enum("output_format", "plain", run.FORMATS, "json: a line each.")
flags.DEFINE_integer("top_k", 5, "Words for each [MASK].")
flags.DEFINE_bool(
  "do_lower_case", True, "True for uncased models, false for cased ones."
)
flags.DEFINE_integer(
  "max_seq_length", None, "The most tokens; unset: what the model allows."
)
flags.DEFINE_integer("batch_size", 32, "Sequences computed at once.")
device_flags.define_devices()


def main() -> None:
  """Runs with the flags given."""
  run.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    run.FillMaskSettings(
      vocab_file=FLAGS.vocab_file,
      init_checkpoint=FLAGS.init_checkpoint,
      mode=FLAGS.mode,
      input_file=FLAGS.input_file,
      output_file=FLAGS.output_file,
      output_format=FLAGS.output_format,
      top_k=FLAGS.top_k,
      do_lower_case=FLAGS.do_lower_case,
      max_seq_length=FLAGS.max_seq_length,
      batch_size=FLAGS.batch_size,
    ),
    device_flags.devices(),
  )


if __name__ == "__main__":
  command_line.run(main)
