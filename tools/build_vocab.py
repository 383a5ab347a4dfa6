"""Learns a WordPiece vocabulary from text.

Run it as `python -m tools.build_vocab --input_file='corpus/*.txt'
--output_file=vocab.txt`, or by its path.
"""

import sys
from pathlib import Path

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(Path(__file__).resolve().parents[1])

from absl import flags, logging

from bert_tf import files
from bert_tf.text import learn_vocab, vocab
from tools import command_line

_DEFAULTS = learn_vocab.Settings()

_INPUT_FILE = flags.DEFINE_string(
  "input_file",
  None,
  "Text files to learn from, UTF-8: names or patterns, with commas between.",
  required=True,
)
_OUTPUT_FILE = flags.DEFINE_string(
  "output_file",
  None,
  "The vocabulary file to write. It appears whole, or not at all.",
  required=True,
)
_VOCAB_SIZE = flags.DEFINE_integer(
  "vocab_size",
  _DEFAULTS.vocab_size,
  "The most pieces the vocabulary may have, reserved and unused included.",
)
_DO_LOWER_CASE = flags.DEFINE_bool(
  "do_lower_case",
  _DEFAULTS.do_lower_case,
  "Whether to lower-case the text and drop accents: true for an uncased "
  "model, false for a cased one.",
)
_RESERVED_TOKENS = flags.DEFINE_list(
  "reserved_tokens",
  list(_DEFAULTS.reserved_tokens),
  "Pieces that are not learned; the first has the id 0.",
)
_NUM_UNUSED_TOKENS = flags.DEFINE_integer(
  "num_unused_tokens",
  _DEFAULTS.num_unused_tokens,
  "How many [unusedN] to keep free for words of your own. With 99, [UNK], "
  "[CLS], [SEP] and [MASK] are 100 to 103, as in Google's vocabularies, "
  "which have 994 (English) or 99.",
)
_LEARNER = flags.DEFINE_enum(
  "learner",
  _DEFAULTS.learner,
  list(learn_vocab.LEARNERS),
  "The program that learns; docs/tokenizer.md compares them.",
)
_CHARACTER_COVERAGE = flags.DEFINE_float(
  "character_coverage",
  _DEFAULTS.character_coverage,
  "Share of the text's characters that the alphabet must cover; words with "
  "rarer characters become [UNK]. ASCII is kept; 1 keeps every character.",
)
_MAX_UNIQUE_CHARS = flags.DEFINE_integer(
  "max_unique_chars",
  _DEFAULTS.max_unique_chars,
  "The most characters in the alphabet; 0 for no limit but the coverage.",
)
_MAX_INPUT_TOKENS = flags.DEFINE_integer(
  "max_input_tokens",
  _DEFAULTS.max_input_tokens,
  "The most different words to learn from; -1 for no limit.",
)
_MAX_TOKEN_LENGTH = flags.DEFINE_integer(
  "max_token_length",
  _DEFAULTS.max_token_length,
  "Longer words are not learned from.",
)
_NUM_ITERATIONS = flags.DEFINE_integer(
  "num_iterations", _DEFAULTS.num_iterations, "Rounds of counting pieces."
)
_LOWER_THRESH = flags.DEFINE_integer(
  "lower_thresh",
  _DEFAULTS.lower_thresh,
  "A piece must occur this often, even if the vocabulary stays small.",
)
_SLACK_RATIO = flags.DEFINE_float(
  "slack_ratio",
  _DEFAULTS.slack_ratio,
  "Share of --vocab_size that may stay free.",
)


def _settings() -> learn_vocab.Settings:
  return learn_vocab.Settings(
    vocab_size=_VOCAB_SIZE.value,
    do_lower_case=_DO_LOWER_CASE.value,
    reserved_tokens=tuple(_RESERVED_TOKENS.value),
    num_unused_tokens=_NUM_UNUSED_TOKENS.value,
    learner=_LEARNER.value,
    character_coverage=_CHARACTER_COVERAGE.value,
    max_unique_chars=_MAX_UNIQUE_CHARS.value,
    max_input_tokens=_MAX_INPUT_TOKENS.value,
    max_token_length=_MAX_TOKEN_LENGTH.value,
    num_iterations=_NUM_ITERATIONS.value,
    lower_thresh=_LOWER_THRESH.value,
    slack_ratio=_SLACK_RATIO.value,
  )


def main() -> None:
  """Learns, writes, tells."""
  settings = _settings()
  learned = learn_vocab.learn(files.expand(_INPUT_FILE.value), settings)
  vocab.save_vocab(_OUTPUT_FILE.value, learned.pieces)
  for line in learn_vocab.summary(learned, settings):
    logging.info("%s", line)
  logging.info("Written: %s", _OUTPUT_FILE.value)


if __name__ == "__main__":
  command_line.run(main)
