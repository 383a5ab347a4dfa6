"""Learning a WordPiece vocabulary from a corpus.

The corpus becomes counted words (by the very tokenizer that will use the
vocabulary), the words become pieces (by a learner, given how often a piece must
occur), and that threshold is searched for until the pieces fill the vocabulary.
"""

import collections
import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from absl import logging

from bert_tf.text import (
  basic_tokenizer,
  characters,
  top_down_pieces,
  vocabulary_file,
  word_counts,
  wordpiece_tokenizer,
)

UNKNOWN = "[UNK]"

# Google puts [PAD] at 0 and 99 unused pieces after it, so that [UNK], [CLS],
# [SEP] and [MASK] have the ids 100 to 103.
_UNUSED_BEFORE_UNKNOWN = 99


@dataclasses.dataclass(frozen=True)
class Settings:
  """What is learned and how.

  Attributes:
    vocab_size: the largest number of pieces, reserved ones included.
    do_lower_case: for an uncased model.
    reserved_tokens: pieces that stand first, padding at 0.
    num_unused_tokens: how many "[unusedN]" are kept free for later use.
    learner: a key of `LEARNERS`.
    character_coverage: share of the corpus's characters that the alphabet must
      cover. Words with rarer ones become [UNK]; ASCII is never too rare.
    max_unique_chars: the most characters in the alphabet; 0 for no limit.
    max_input_tokens: the most different words that are learned from, the most
      frequent first; -1 for no limit.
    max_token_length: longer words are not learned from.
    num_iterations: how often pieces are counted anew where the last pieces
      begin.
    lower_thresh: a piece must occur this often, whatever room is left.
    slack_ratio: a vocabulary that fills all but this share is full enough.
  """

  vocab_size: int = 30522
  do_lower_case: bool = True
  reserved_tokens: tuple[str, ...] = vocabulary_file.SPECIAL_TOKENS
  num_unused_tokens: int = _UNUSED_BEFORE_UNKNOWN
  learner: str = "top_down"
  character_coverage: float = 0.99999
  max_unique_chars: int = 0
  max_input_tokens: int = 5_000_000
  max_token_length: int = 50
  num_iterations: int = 4
  lower_thresh: int = 2
  slack_ratio: float = 0.05

  def __post_init__(self) -> None:
    for name, at_least in (
      ("vocab_size", 1),
      ("num_unused_tokens", 0),
      ("max_unique_chars", 0),
      ("max_input_tokens", -1),
      ("max_token_length", 1),
      ("num_iterations", 1),
      ("lower_thresh", 1),
    ):
      if getattr(self, name) < at_least:
        raise ValueError(
          f"{name}={getattr(self, name)}, expected {at_least} or more"
        )
    if not 0 < self.character_coverage <= 1:
      raise ValueError(
        f"character_coverage={self.character_coverage}, expected more than 0 "
        "and at most 1"
      )
    if not 0 <= self.slack_ratio < 1:
      raise ValueError(
        f"slack_ratio={self.slack_ratio}, expected 0 or more and less than 1"
      )
    if self.learner not in LEARNERS:
      raise ValueError(
        f"learner={self.learner!r}, expected one of {', '.join(LEARNERS)}"
      )
    _check_reserved(self.reserved_tokens)


def _check_reserved(tokens: Sequence[str]) -> None:
  """Checks the tokens that the caller wants first."""
  for token, times in collections.Counter(tokens).items():
    if times > 1:
      raise ValueError(f"reserved_tokens: {token} comes twice; remove one")
    if token != "".join(token.split()) or not token:
      raise ValueError(
        f"reserved_tokens: found {token!r}; expected text without white space"
      )
  if UNKNOWN not in tokens:
    raise ValueError(
      f"reserved_tokens={','.join(tokens)} lacks {UNKNOWN}, which the "
      "tokenizer needs; add it"
    )


@dataclasses.dataclass(frozen=True)
class Learned:
  """A vocabulary and how it came about.

  Attributes:
    pieces: the vocabulary, in order.
    threshold: how often a piece had to occur.
    sizes: of the vocabularies that were tried, by threshold.
    words: running words in the corpus.
    different_words: different words.
    dropped_characters: characters outside the alphabet, most frequent first.
    unknown_words: running words that become [UNK].
    pieces_per_word: pieces that the corpus takes, for each running word.
    corpus: the counts it was learned from.
    seconds: the time it took.
  """

  pieces: tuple[str, ...]
  threshold: int
  sizes: Mapping[int, int]
  words: int
  different_words: int
  dropped_characters: tuple[str, ...]
  unknown_words: int
  pieces_per_word: float
  corpus: word_counts.WordCounts
  seconds: float


def learn(paths: Iterable[str], settings: Settings) -> Learned:
  """Learns a vocabulary from text files.

  Raises:
    OSError: a file cannot be read.
    ValueError: there is no text, or `vocab_size` has no room for the reserved
      tokens and the alphabet.
  """
  started = time.monotonic()
  tokenizer = basic_tokenizer.BasicTokenizer(settings.do_lower_case)
  corpus = word_counts.count_files(paths, tokenizer)
  alphabet, dropped = choose_alphabet(corpus.counts, settings)
  alone = {word for word in alphabet if stands_alone(word)}
  first = [*reserved_pieces(settings), *sorted(alone)]
  words = learnable_words(corpus.counts, alphabet, alone, settings)
  inner = {char for word in words for char in word}
  _check_room(settings, len(first), len(alone), len(inner))
  pieces, threshold, sizes = _search(words, first, settings)
  used, unknown = _measure(pieces, corpus.counts)
  return Learned(
    pieces=tuple(pieces),
    threshold=threshold,
    sizes=sizes,
    words=corpus.counts.total(),
    different_words=len(corpus.counts),
    dropped_characters=tuple(dropped),
    unknown_words=unknown,
    pieces_per_word=used / corpus.counts.total(),
    corpus=corpus,
    seconds=time.monotonic() - started,
  )


def reserved_pieces(settings: Settings) -> list[str]:
  """Returns the pieces that are not learned, laid out as Google does.

  The first reserved token, 99 unused pieces (or as many as there are), the
  other reserved tokens, the rest of the unused pieces.
  """
  unused = [f"[unused{index}]" for index in range(settings.num_unused_tokens)]
  padding, *others = settings.reserved_tokens
  before, after = (
    unused[:_UNUSED_BEFORE_UNKNOWN],
    unused[_UNUSED_BEFORE_UNKNOWN:],
  )
  return [padding, *before, *others, *after]


def stands_alone(char: str) -> bool:
  """Whether the tokenizer makes a word of this character wherever it comes."""
  return characters.is_chinese(ord(char)) or characters.is_punctuation(char)


def choose_alphabet(
  counts: Mapping[str, int], settings: Settings
) -> tuple[set[str], list[str]]:
  """Returns the characters to keep, and those to drop, most frequent first."""
  occurrences: collections.Counter[str] = collections.Counter()
  for word, count in counts.items():
    for char in word:
      occurrences[char] += count
  # ASCII first: digits are rare in a novel, and wanted all the same.
  ranked = sorted(
    occurrences, key=lambda char: (not char.isascii(), -occurrences[char], char)
  )
  wanted = settings.character_coverage * occurrences.total()
  covered = 0
  kept = 0
  while kept < len(ranked) and (ranked[kept].isascii() or covered < wanted):
    covered += occurrences[ranked[kept]]
    kept += 1
  if settings.max_unique_chars:
    kept = min(kept, settings.max_unique_chars)
  return set(ranked[:kept]), ranked[kept:]


def learnable_words(
  counts: Mapping[str, int],
  alphabet: set[str],
  alone: set[str],
  settings: Settings,
) -> dict[str, int]:
  """Returns the words that pieces are learned from, most frequent first.

  Left out are words with a character outside the alphabet, words that are too
  long, and characters that always stand alone: these are pieces already, and
  the learner would add a "##" form of each that nothing ever matches.
  """
  ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
  limit = settings.max_input_tokens
  fitting = {
    word: count
    for word, count in ranked
    if word not in alone
    and len(word) <= settings.max_token_length
    and alphabet.issuperset(word)
  }
  if limit < 0 or len(fitting) <= limit:
    return fitting
  return dict(list(fitting.items())[:limit])


def _check_room(settings: Settings, first: int, alone: int, inner: int) -> None:
  """Checks that the alphabet fits before anything slow is started."""
  least = first + 2 * inner
  if least > settings.vocab_size:
    raise ValueError(
      f"vocab_size={settings.vocab_size} has no room for {first - alone} "
      f"reserved and unused tokens, {alone} characters that stand alone and "
      f"{inner} letters, each in two forms: expected {least} or more; raise "
      "vocab_size, or lower num_unused_tokens, character_coverage or "
      "max_unique_chars"
    )


def _search(
  words: Mapping[str, int], first: list[str], settings: Settings
) -> tuple[list[str], int, dict[int, int]]:
  """Returns the fullest vocabulary that fits, its threshold, and all sizes."""
  sizes: dict[int, int] = {}
  if not words:
    return first, settings.lower_thresh, sizes
  learner = LEARNERS[settings.learner]
  full_enough = settings.vocab_size * (1 - settings.slack_ratio)
  low, high = settings.lower_thresh, max(words.values()) + 1
  high = max(low, high)
  best: list[str] = []
  best_threshold = high
  while low <= high:
    # Sizes fall like a power of the threshold, hence the geometric middle.
    threshold = max(low, math.isqrt(low * high))
    started = time.monotonic()
    learned = learner(words, threshold, settings)
    pieces = list(dict.fromkeys([*first, *learned]))
    sizes[threshold] = len(pieces)
    logging.info(
      "Pieces that occur %s times or more: vocabulary of %s (%.1f s)",
      f"{threshold:,}",
      f"{len(pieces):,}",
      time.monotonic() - started,
    )
    if len(pieces) > settings.vocab_size:
      low = threshold + 1
      continue
    if len(pieces) > len(best):
      best, best_threshold = pieces, threshold
    if len(pieces) >= full_enough:
      break
    high = threshold - 1
  return best, best_threshold, sizes


def _measure(pieces: list[str], counts: Mapping[str, int]) -> tuple[int, int]:
  """Returns how many pieces the corpus takes and how many words are unknown."""
  tokenizer = wordpiece_tokenizer.WordpieceTokenizer(frozenset(pieces), UNKNOWN)
  used = 0
  unknown = 0
  for word, count in counts.items():
    found = tokenizer.word_pieces(word)
    used += count * len(found)
    unknown += count * (found == [UNKNOWN])
  return used, unknown


def _learn_top_down(
  words: Mapping[str, int], threshold: int, settings: Settings
) -> list[str]:
  return top_down_pieces.learn_pieces(words, threshold, settings.num_iterations)


def _learn_with_tensorflow_text(
  words: Mapping[str, int], threshold: int, settings: Settings
) -> list[str]:
  from tensorflow_text.tools.wordpiece_vocab import (
    wordpiece_tokenizer_learner_lib,
  )

  parameters = wordpiece_tokenizer_learner_lib.Params(
    upper_thresh=None,
    lower_thresh=None,
    num_iterations=settings.num_iterations,
    max_input_tokens=None,
    max_token_length=settings.max_token_length,
    max_unique_chars=None,
    vocab_size=settings.vocab_size,
    slack_ratio=settings.slack_ratio,
    include_joiner_token=True,
    joiner=wordpiece_tokenizer.CONTINUATION,
    reserved_tokens=[],
  )
  return wordpiece_tokenizer_learner_lib.learn_with_thresh(
    list(words.items()), threshold, parameters
  )


# Each takes counted words, how often a piece must occur, and the settings, and
# returns pieces, the alphabet first. tensorflow_text's takes the occurrences of
# a piece away from its prefixes even where the piece is not kept (its issue
# 583), so that no piece but a whole word ever begins a word; see top_down.
LEARNERS: dict[str, Callable[[Mapping[str, int], int, Settings], list[str]]] = {
  "top_down": _learn_top_down,
  "tensorflow_text": _learn_with_tensorflow_text,
}
