r"""Shows where each head of a model looks: one HTML page to open in a browser.

Example:
  bert_tf view_attention --text="The cat sat on the mat." \
    --text_pair="It was warm." --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

import bert_tf
from bert_tf.commands import device_flags, shared_flags
from bert_tf.tasks.attention import settings

FLAGS = flags.FLAGS

flags.DEFINE_string("text", None, "The text to look at.", required=True)
flags.DEFINE_string(
  "text_pair", None, "A second text, as segment B of the same sequence."
)
flags.DEFINE_string("output_file", "attention.html", "The page to write.")
shared_flags.define(
  "bert_config_file",
  "init_checkpoint",
  "vocab_file",
  "do_lower_case",
  "max_seq_length",
  required=("init_checkpoint",),
  beside=("bert_config_file", "vocab_file"),
  texts=shared_flags.UP_TO_THE_MODEL,
  max_seq_length=None,
)
device_flags.define_devices()


def main() -> None:
  """Runs with the flags given."""
  told = (
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(settings.AttentionSettings),
    device_flags.devices(),
  )
  from bert_tf.tasks.attention import run

  run.run(*told)
