"""Learns a WordPiece vocabulary from text.

Example:
  bert_tf build_vocab --input_file=corpus.txt --output_file=vocab.txt
"""

import os

from absl import flags, logging

from bert_tf.commands import shared_flags
from bert_tf.system import files, output_folders
from bert_tf.text import (
  basic_tokenizer,
  full_tokenizer,
  vocabulary_file,
  vocabulary_learner,
  vocabulary_summary,
)

FLAGS = flags.FLAGS
_DEFAULTS = vocabulary_learner.Settings()

flags.DEFINE_string(
  "input_file",
  None,
  "Comma-separated text files or globs to learn from, in UTF-8.",
  required=True,
)
flags.DEFINE_string(
  "output_file",
  None,
  "Vocabulary file to write.",
  required=True,
)
flags.DEFINE_integer(
  "vocab_size",
  _DEFAULTS.vocab_size,
  "Maximum vocabulary size, including reserved and unused pieces.",
)
flags.DEFINE_string(
  "sample_file",
  None,
  "Text to measure pieces per word and [UNK] on, best one that was not learned "
  "from. Default: the first lines of --input_file.",
)
shared_flags.define("do_lower_case")
flags.DEFINE_list(
  "reserved_tokens",
  list(_DEFAULTS.reserved_tokens),
  "Reserved pieces, which are not learned; the first has id 0.",
)
flags.DEFINE_integer(
  "num_unused_tokens",
  _DEFAULTS.num_unused_tokens,
  "Number of [unusedN] pieces to reserve for your own words. With 99, [UNK], "
  "[CLS], [SEP] and [MASK] are 100 to 103, as in Google's vocabularies, "
  "which have 994 (English) or 99.",
)
flags.DEFINE_enum(
  "learner",
  _DEFAULTS.learner,
  list(vocabulary_learner.LEARNERS),
  "Learning algorithm; docs/tokenizer.md compares them.",
)
flags.DEFINE_float(
  "character_coverage",
  _DEFAULTS.character_coverage,
  "Fraction of the text's characters that the alphabet must cover; words with "
  "rarer characters become [UNK]. ASCII is always kept; 1 keeps everything.",
)
flags.DEFINE_integer(
  "max_unique_chars",
  _DEFAULTS.max_unique_chars,
  "Maximum alphabet size; 0 limits it by --character_coverage only.",
)
flags.DEFINE_integer(
  "max_input_tokens",
  _DEFAULTS.max_input_tokens,
  "Maximum number of distinct words to learn from; -1 for no limit.",
)
flags.DEFINE_integer(
  "max_token_length",
  _DEFAULTS.max_token_length,
  "Ignore words longer than this.",
)
flags.DEFINE_integer(
  "num_iterations", _DEFAULTS.num_iterations, "Number of learning iterations."
)
flags.DEFINE_integer(
  "lower_thresh",
  _DEFAULTS.lower_thresh,
  "Minimum frequency of a piece, even if the vocabulary stays smaller.",
)
flags.DEFINE_float(
  "slack_ratio",
  _DEFAULTS.slack_ratio,
  "Fraction of --vocab_size that may stay unused.",
)


def main() -> None:
  """Learns, writes, tells."""
  settings = shared_flags.settings(
    vocabulary_learner.Settings, reserved_tokens=tuple(FLAGS.reserved_tokens)
  )
  inputs = files.expand(FLAGS.input_file)
  samples = files.expand(FLAGS.sample_file) if FLAGS.sample_file else inputs
  files.check_output(FLAGS.output_file, [*inputs, *samples], "output_file")
  learned = vocabulary_learner.learn(inputs, settings)
  vocabulary_file.save_vocab(FLAGS.output_file, learned.pieces)
  for line in vocabulary_summary.lines(learned, settings):
    logging.info("%s", line)
  # Not the output again: that may be a pipe, and who reads it would lose it.
  with output_folders.scratch() as folder:
    path = os.path.join(folder, "vocab.txt")
    vocabulary_file.save_vocab(path, learned.pieces)
    tokenizer = full_tokenizer.FullTokenizer(path, settings.do_lower_case)
  with files.open_file(samples[0]) as reader:
    texts = map(basic_tokenizer.to_unicode, reader)
    found = vocabulary_summary.measure(
      texts, tokenizer, vocabulary_summary.SAMPLE
    )
  logging.info(
    "Sample, %d lines of %s: %.3f pieces per word split at white space, "
    "%.2f%% of these words hold [UNK]",
    found.lines,
    samples[0],
    found.pieces_per_word,
    100 * found.unknown_share,
  )
  logging.info("Written: %s", FLAGS.output_file)
