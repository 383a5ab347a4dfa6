r"""Fine-tunes BERT to label words, such as named entities, and applies it.

Example:
  bert_tf run_tagger --data_dir=conll --output_dir=out/tagger \
    --do_train --do_eval --nodo_lower_case \
    --bert_config_file=$BERT/bert_config.json --vocab_file=$BERT/vocab.txt \
    --init_checkpoint=$BERT/bert_model.ckpt
"""

from absl import flags

import bert_tf
from bert_tf.commands import (
  closing_block,
  device_flags,
  fine_tuning_flags,
  shared_flags,
)
from bert_tf.tasks.tagging import settings

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "data_dir", None, "Holds train.txt, dev.txt, test.txt, or .conll, .tsv, .bio."
)
flags.DEFINE_string("train_file", None, "Instead of the one in data_dir.")
flags.DEFINE_string("dev_file", None, "Instead of the one in data_dir.")
flags.DEFINE_string("test_file", None, "Instead of the one in data_dir.")
flags.DEFINE_string(
  "labels",
  None,
  "Labels with commas between, or a file with one a line; unset: those that "
  "occur in the training file.",
)
flags.DEFINE_integer(
  "label_column", -1, "Column of the label, from 0, or from -1, the last."
)
shared_flags.define("do_eval", "eval_batch_size")
fine_tuning_flags.define(max_seq_length=128)


def main() -> None:
  """Runs with the flags given."""
  closing = closing_block.Closing()
  told = (
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(settings.TaggingSettings),
    fine_tuning_flags.settings(),
    device_flags.training(),
    device_flags.devices(),
  )
  from bert_tf.tasks.tagging import run

  run.run(*told)
  closing.say(
    "export_saved_model",
    {"model_type": "tagger", "export_dir": f"{FLAGS.output_dir}/export"},
  )
