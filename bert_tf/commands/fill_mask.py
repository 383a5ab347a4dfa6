r"""Asks a pre-trained model: words for [MASK], perplexity, next sentences.

Example:
  echo "The man went to the [MASK]." | bert_tf fill_mask \
    --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

import bert_tf
from bert_tf.commands import device_flags, shared_flags
from bert_tf.tasks.masked_lm import settings

FLAGS = flags.FLAGS

shared_flags.define(
  "bert_config_file",
  "init_checkpoint",
  "vocab_file",
  "do_lower_case",
  "max_seq_length",
  "batch_size",
  "top_k",
  required=("init_checkpoint",),
  beside=("bert_config_file", "vocab_file"),
  texts=shared_flags.UP_TO_THE_MODEL,
  max_seq_length=None,
)
flags.DEFINE_enum(
  "mode",
  "fill",
  settings.MODES,
  "fill: the most likely words for each [MASK]; perplexity: that of each "
  "line, masking one piece at a time; next_sentence: whether b follows a in "
  "'a ||| b'.",
)
flags.DEFINE_string(
  "input_file",
  None,
  "Input file, one text or pair per line. Default: standard input.",
)
flags.DEFINE_string(
  "output_file", None, "Output file. Default: standard output."
)
flags.DEFINE_enum(
  "output_format",
  "plain",
  settings.FORMATS,
  "json writes one JSON object per line.",
)
device_flags.define_devices()


def main() -> None:
  """Runs with the flags given."""
  told = (
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(settings.FillMaskSettings),
    device_flags.devices(),
  )
  from bert_tf.tasks.masked_lm import run

  run.run(*told)
