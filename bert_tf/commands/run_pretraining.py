r"""Pre-trains BERT on records of create_pretraining_data, and evaluates it.

Example:
  bert_tf run_pretraining --input_file=corpus.tfrecord --output_dir=out \
    --bert_config_file=$BERT/bert_config.json --do_train --do_eval \
    --num_train_steps=10000 --num_warmup_steps=1000
"""

from absl import flags

import bert_tf
from bert_tf.commands import closing_block, device_flags, shared_flags
from bert_tf.tasks.pretraining import settings
from bert_tf.training import optimizer_table

FLAGS = flags.FLAGS

shared_flags.define(
  "bert_config_file",
  "output_dir",
  "init_checkpoint",
  "allow_new_layers",
  "max_seq_length",
  "do_train",
  "do_eval",
  "train_batch_size",
  "eval_batch_size",
  "learning_rate",
  "max_predictions_per_seq",
  "num_train_steps",
  required=("output_dir",),
  beside=("bert_config_file",),
  texts={
    "max_seq_length": "Sequence length of the records.",
    "max_predictions_per_seq": (
      "Maximum number of masked tokens per sequence of the records."
    ),
  },
)
flags.DEFINE_string(
  "input_file", None, "Record files or globs, comma-separated.", required=True
)
flags.DEFINE_integer(
  "num_warmup_steps", 10000, "Number of steps of linear learning-rate warm-up."
)
flags.DEFINE_integer(
  "max_eval_steps", 100, "Maximum number of evaluation steps."
)
flags.DEFINE_bool(
  "dynamic_masking",
  False,
  "Draw other masks whenever a record is read for training, instead of those "
  "of the records; make these with --dupe_factor=1. Needs the --vocab_file of "
  "the records.",
)
shared_flags.define(
  "vocab_file",
  "masked_lm_prob",
  "do_whole_word_mask",
  texts={
    "vocab_file": "dynamic_masking: vocabulary file of the records.",
    "masked_lm_prob": "dynamic_masking: as of create_pretraining_data.",
    "do_whole_word_mask": "dynamic_masking: as of create_pretraining_data.",
  },
)
device_flags.define()


def main() -> None:
  """Runs with the flags given."""
  closing = closing_block.Closing()
  told = (
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file),
    shared_flags.settings(settings.PretrainingSettings),
    shared_flags.settings(
      optimizer_table.OptimizerSettings, name=FLAGS.optimizer, layer_decay=1.0
    ),
    device_flags.training(),
    device_flags.devices(),
  )
  from bert_tf.tasks.pretraining import run

  run.run(*told)
  closing.say()
