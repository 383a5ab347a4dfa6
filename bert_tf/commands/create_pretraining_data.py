r"""Creates records of masked language model and next sentence from text.

Example:
  bert_tf create_pretraining_data --input_file=corpus.txt \
    --output_file=corpus.tfrecord --vocab_file=vocab.txt
"""

from absl import flags, logging

from bert_tf.commands import shared_flags
from bert_tf.tasks.pretraining import runner_names, settings

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "input_file",
  None,
  "Text files or patterns, with commas between: one sentence a line, an empty "
  "line between documents.",
  required=True,
)
flags.DEFINE_string(
  "output_file",
  None,
  "TFRecord files to write, with commas between; records go to them in turn.",
  required=True,
)
shared_flags.define(
  "vocab_file",
  "do_lower_case",
  "max_seq_length",
  "max_predictions_per_seq",
  "dupe_factor",
  required=("vocab_file",),
  texts={"max_seq_length": "Tokens of a sequence, [CLS] and [SEP] included."},
)
flags.DEFINE_bool(
  "do_whole_word_mask", False, "Mask all pieces of a word, or none."
)
flags.DEFINE_integer("random_seed", 12345, "Seed of all random choices.")
flags.DEFINE_float("masked_lm_prob", 0.15, "Share of the tokens to mask.")
flags.DEFINE_float(
  "short_seq_prob",
  0.1,
  "Share of the documents from which to make sequences that are shorter.",
)
flags.DEFINE_integer(
  "num_shards",
  1,
  "Parts of the corpus, each with files of its own: NAME-00000-of-00004. Each "
  "is a run of its own, with the seed random_seed plus its number.",
)
flags.DEFINE_integer(
  "num_workers", 1, "Processes that make shards, for --runner=local, direct."
)
flags.DEFINE_enum(
  "runner",
  runner_names.LOCAL,
  runner_names.NAMES,
  "What makes the shards: this machine, or Apache Beam on one of its runners.",
)
flags.DEFINE_string(
  "beam_options",
  "",
  "Options of Beam's pipeline, as on a command line: '--region=... --...'.",
)
flags.DEFINE_string(
  "tmp_dir",
  "",
  "Folder for what does not fit into memory; beside the output if empty.",
)


def main() -> None:
  """Runs with the flags given."""
  from bert_tf.native import jit
  from bert_tf.tasks.pretraining import record_generator, shard_runners

  config = shared_flags.settings(
    settings.PretrainingDataConfig,
    input_file=tuple(FLAGS.input_file.split(",")),
    output_file=tuple(FLAGS.output_file.split(",")),
  )
  run = shard_runners.make(FLAGS.runner, FLAGS.num_workers, FLAGS.beam_options)
  jit.leave_blas_out()
  summary = record_generator.create(config, True, run)
  for line in summary.lines():
    logging.info("%s", line)
