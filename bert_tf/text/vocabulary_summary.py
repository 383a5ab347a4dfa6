"""What was learned and what was left out, in lines of text."""

import dataclasses
import itertools
from collections.abc import Iterable

from bert_tf.text import (
  full_tokenizer,
  vocabulary_learner,
  wordpiece_tokenizer,
)

UNKNOWN = wordpiece_tokenizer.UNKNOWN
SAMPLE = 1000  # lines


def lines(
  learned: vocabulary_learner.Learned, settings: vocabulary_learner.Settings
) -> list[str]:
  """Says what was learned and what was left out."""
  corpus = learned.corpus
  size = len(learned.pieces)
  found = [
    f"{corpus.lines:,} lines, {learned.words:,} words, "
    f"{learned.different_words:,} of them different",
    f"{size:,} pieces of at most {settings.vocab_size:,} (put "
    f'"vocab_size": {size} into bert_config.json); each occurs '
    f"{learned.threshold:,} times or more; {learned.seconds:.1f} s",
    f"The text takes {learned.pieces_per_word:.3f} pieces a word; "
    f"{learned.unknown_words:,} words are {UNKNOWN}",
  ]
  if corpus.broken_lines:
    found.append(
      f"{corpus.broken_lines:,} lines are not UTF-8; their broken bytes were "
      "dropped"
    )
  if learned.dropped_characters:
    most_frequent = " ".join(learned.dropped_characters[:20])
    found.append(
      f"{len(learned.dropped_characters):,} rare characters are not in the "
      f"alphabet: {most_frequent} (to keep more, raise character_coverage or "
      "max_unique_chars)"
    )
  if size < settings.vocab_size * (1 - settings.slack_ratio):
    found.append(_why_no_larger(learned, settings))
  return found


def _why_no_larger(
  learned: vocabulary_learner.Learned, settings: vocabulary_learner.Settings
) -> str:
  """Why vocab_size is not reached, and what to do."""
  size, wanted = len(learned.pieces), settings.vocab_size
  larger = {k: n for k, n in learned.sizes.items() if n > wanted}
  if larger:
    threshold = max(larger)
    return (
      f"vocab_size={wanted:,} is not reached, because sizes jump: pieces that "
      f"occur {learned.threshold:,} times or more make {size:,}, those that "
      f"occur {threshold:,} times or more {larger[threshold]:,}. Set "
      f"vocab_size to {larger[threshold]} or to {size}, or take more text, "
      "where sizes are closer"
    )
  told = (
    f"vocab_size={wanted:,} is not reached: the text has no more pieces that "
    f"occur {settings.lower_thresh:,} times or more. For a larger vocabulary "
    "take more text"
  )
  if settings.lower_thresh > 1:
    told += f", or lower lower_thresh from {settings.lower_thresh}"
  return told


@dataclasses.dataclass(frozen=True)
class Figures:
  """How a tokenizer cuts a text.

  Attributes:
    lines: Lines of text.
    words: Words, split at white space.
    pieces: Their pieces.
    unknown: Words that hold [UNK].
  """

  lines: int
  words: int
  pieces: int
  unknown: int

  @property
  def pieces_per_word(self) -> float:
    """Pieces a word."""
    return self.pieces / max(self.words, 1)

  @property
  def unknown_share(self) -> float:
    """Share of the words that hold [UNK]."""
    return self.unknown / max(self.words, 1)


def measure(
  texts: Iterable[str],
  tokenizer: full_tokenizer.FullTokenizer,
  most: int | None = None,
) -> Figures:
  """Cuts lines of text and counts.

  Args:
    texts: Lines; empty ones are passed over.
    tokenizer: Text to pieces.
    most: The most lines that are looked at; None for no limit.
  """
  count = words = pieces = unknown = 0
  for text in itertools.islice(filter(str.strip, texts), most):
    count += 1
    for word in text.split():
      found = tokenizer.word_pieces(word)
      words += 1
      pieces += len(found)
      unknown += UNKNOWN in found
  return Figures(count, words, pieces, unknown)
