"""Word pieces from counted words, longest first.

The method is the one that TensorFlow Text documents for its own learner
(https://www.tensorflow.org/text/guide/subwords_tokenizer): count every piece of
every word; from the longest pieces down, keep those that occur often enough,
and take the occurrences of a kept piece away from its prefixes, which it
stands in for. Repeat, counting only pieces that begin where the pieces of the
round before begin. TensorFlow Text's program takes the occurrences away whether
or not the piece is kept; this one follows the document.
"""

from collections.abc import Collection, Mapping

from bert_tf.text import wordpiece_tokenizer

_JOINER = wordpiece_tokenizer.CONTINUATION


def learn_pieces(
  words: Mapping[str, int], threshold: int, num_iterations: int = 4
) -> list[str]:
  """Returns the pieces that occur `threshold` times or more.

  Args:
    words: how often each word occurs.
    threshold: how often a piece must occur.
    num_iterations: rounds of counting.

  Returns:
    Every character of the words in order, alone and with "##", so that each
    word can be cut; then the other pieces, the most frequent first.
  """
  alphabet = sorted({char for word in words for char in word})
  basis = [*alphabet, *(_JOINER + char for char in alphabet)]
  pieces: dict[str, int] = {}
  for iteration in range(num_iterations):
    known = pieces.keys() | set(basis) if iteration else ()
    pieces = _keep_frequent(_count_pieces(words, known), threshold)
  ranked = sorted(pieces, key=lambda piece: (-pieces[piece], piece))
  return list(dict.fromkeys([*basis, *ranked]))


def _count_pieces(
  words: Mapping[str, int], known: Collection[str]
) -> list[dict[str, int]]:
  """Counts the pieces of all words, by length without "##".

  Args:
    words: how often each word occurs.
    known: the pieces whose beginnings are the places where pieces may begin;
      empty for every place.
  """
  longest = max(map(len, words), default=0)
  by_length: list[dict[str, int]] = [{} for _ in range(longest + 1)]
  for word, count in words.items():
    for start in _starts(word, known):
      prefix = _JOINER if start else ""
      for end in range(start + 1, len(word) + 1):
        piece = prefix + word[start:end]
        counts = by_length[end - start]
        counts[piece] = counts.get(piece, 0) + count
  return by_length


def _starts(word: str, known: Collection[str]) -> list[int]:
  """Returns where the pieces of `word` begin, cut greedily into `known`."""
  if not known:
    return list(range(len(word)))
  starts = []
  start = 0
  while start < len(word):
    starts.append(start)
    prefix = _JOINER if start else ""
    end = len(word)
    # Every single character is known, so this stops.
    while prefix + word[start:end] not in known:
      end -= 1
    start = end
  return starts


def _keep_frequent(
  by_length: list[dict[str, int]], threshold: int
) -> dict[str, int]:
  """Returns the frequent pieces; takes kept ones away from their prefixes."""
  kept = {}
  for length in range(len(by_length) - 1, 0, -1):
    for piece, count in by_length[length].items():
      if count < threshold:
        continue
      kept[piece] = count
      joiner = len(piece) - length
      for shorter in range(1, length):
        by_length[shorter][piece[: joiner + shorter]] -= count
  return kept
