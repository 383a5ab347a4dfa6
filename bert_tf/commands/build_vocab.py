"""Learns a WordPiece vocabulary from text.

Example:
  bert_tf build_vocab --input_file=corpus.txt --output_file=vocab.txt
"""

from absl import flags, logging

from bert_tf import files
from bert_tf.commands import shared_flags
from bert_tf.text import vocabulary_file, vocabulary_learner

FLAGS = flags.FLAGS
_DEFAULTS = vocabulary_learner.Settings()

flags.DEFINE_string(
  "input_file",
  None,
  "Text files to learn from, UTF-8: names or patterns, with commas between.",
  required=True,
)
flags.DEFINE_string(
  "output_file",
  None,
  "The vocabulary file to write. It appears whole, or not at all.",
  required=True,
)
flags.DEFINE_integer(
  "vocab_size",
  _DEFAULTS.vocab_size,
  "The most pieces the vocabulary may have, reserved and unused included.",
)
shared_flags.define("do_lower_case")
flags.DEFINE_list(
  "reserved_tokens",
  list(_DEFAULTS.reserved_tokens),
  "Pieces that are not learned; the first has the id 0.",
)
flags.DEFINE_integer(
  "num_unused_tokens",
  _DEFAULTS.num_unused_tokens,
  "How many [unusedN] to keep free for words of your own. With 99, [UNK], "
  "[CLS], [SEP] and [MASK] are 100 to 103, as in Google's vocabularies, "
  "which have 994 (English) or 99.",
)
flags.DEFINE_enum(
  "learner",
  _DEFAULTS.learner,
  list(vocabulary_learner.LEARNERS),
  "The program that learns; docs/tokenizer.md compares them.",
)
flags.DEFINE_float(
  "character_coverage",
  _DEFAULTS.character_coverage,
  "Share of the text's characters that the alphabet must cover; words with "
  "rarer characters become [UNK]. ASCII is kept; 1 keeps every character.",
)
flags.DEFINE_integer(
  "max_unique_chars",
  _DEFAULTS.max_unique_chars,
  "The most characters in the alphabet; 0 for no limit but the coverage.",
)
flags.DEFINE_integer(
  "max_input_tokens",
  _DEFAULTS.max_input_tokens,
  "The most different words to learn from; -1 for no limit.",
)
flags.DEFINE_integer(
  "max_token_length",
  _DEFAULTS.max_token_length,
  "Longer words are not learned from.",
)
flags.DEFINE_integer(
  "num_iterations", _DEFAULTS.num_iterations, "Rounds of counting pieces."
)
flags.DEFINE_integer(
  "lower_thresh",
  _DEFAULTS.lower_thresh,
  "A piece must occur this often, even if the vocabulary stays small.",
)
flags.DEFINE_float(
  "slack_ratio",
  _DEFAULTS.slack_ratio,
  "Share of --vocab_size that may stay free.",
)


def main() -> None:
  """Learns, writes, tells."""
  settings = shared_flags.settings(
    vocabulary_learner.Settings, reserved_tokens=tuple(FLAGS.reserved_tokens)
  )
  inputs = files.expand(FLAGS.input_file)
  files.check_output(FLAGS.output_file, inputs, "output_file")
  learned = vocabulary_learner.learn(inputs, settings)
  vocabulary_file.save_vocab(FLAGS.output_file, learned.pieces)
  for line in vocabulary_learner.summary(learned, settings):
    logging.info("%s", line)
  logging.info("Written: %s", FLAGS.output_file)
