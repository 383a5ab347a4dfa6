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
  "Comma-separated text files or globs: one sentence per line, a blank line "
  "between documents.",
  required=True,
)
flags.DEFINE_string(
  "output_file",
  None,
  "Comma-separated TFRecord files to write; records go to them in turn.",
  required=True,
)
shared_flags.define(
  "vocab_file",
  "do_lower_case",
  "max_seq_length",
  "max_predictions_per_seq",
  "dupe_factor",
  required=("vocab_file",),
  texts={
    "vocab_file": (
      "Path to the vocabulary file, or the name of a model that `bert_tf "
      "models` lists."
    ),
    "max_seq_length": (
      "Maximum sequence length in tokens, including [CLS] and [SEP]."
    ),
  },
)
shared_flags.define("do_whole_word_mask", "masked_lm_prob")
flags.DEFINE_integer("random_seed", 12345, "Random seed.")
flags.DEFINE_float(
  "short_seq_prob",
  0.1,
  "Probability of creating sequences that are shorter than the maximum.",
)
flags.DEFINE_integer(
  "num_shards",
  1,
  "Number of shards of the corpus, each with its own output files: "
  "NAME-00000-of-00004. A shard's seed is random_seed plus its number.",
)
flags.DEFINE_integer(
  "num_workers",
  1,
  "Number of processes that make shards, for --runner=local and direct.",
)
flags.DEFINE_enum(
  "runner",
  runner_names.LOCAL,
  runner_names.NAMES,
  "Where shards are made: on this machine, on Apache Spark, or on a runner of "
  "Apache Beam (beam: the one that --beam_options names).",
)
flags.DEFINE_string(
  "beam_options",
  "",
  "Options of the Beam pipeline, as on a command line: '--region=... --...'.",
)
flags.DEFINE_string(
  "spark_master",
  "",
  "Spark's master, for --runner=spark: spark://HOST:7077, yarn, "
  "local-cluster[2,1,1024]. Default: what spark-submit or "
  "spark-defaults.conf says.",
)
flags.DEFINE_string(
  "spark_options",
  "",
  "Properties of Spark, for --runner=spark: 'spark.executor.memory=4g ...'.",
)
flags.DEFINE_string(
  "tmp_dir",
  "",
  "Directory for data that does not fit into memory. Default: beside the "
  "output.",
)


def main() -> None:
  """Runs with the flags given."""
  from bert_tf.native import jit
  from bert_tf.tasks.pretraining import (
    record_generator,
    shard_runners,
    spark_runner,
  )

  config = shared_flags.settings(
    settings.PretrainingDataConfig,
    input_file=tuple(FLAGS.input_file.split(",")),
    output_file=tuple(FLAGS.output_file.split(",")),
  )
  run = shard_runners.make(
    FLAGS.runner,
    FLAGS.num_workers,
    FLAGS.beam_options,
    spark_runner.SparkSettings(FLAGS.spark_master, FLAGS.spark_options),
  )
  jit.leave_blas_out()
  summary = record_generator.create(config, True, run)
  for line in summary.lines():
    logging.info("%s", line)
