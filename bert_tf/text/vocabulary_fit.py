"""Whether a vocabulary fits the rules it is read with, and the text."""

import itertools
from collections.abc import Iterable
from typing import Any

from absl import logging

_TEXTS = 1000
_TOO_MANY_UNKNOWN = 0.2
# Of a cased vocabulary: Google's have more than a third with capitals.
_SHARE_WITH_CAPITALS = 0.01
_FEWEST_WORDS = 100


def warn_of_case(
  vocabulary: Iterable[str], lower_case: bool, path: str
) -> bool:
  """Warns if a vocabulary is of the other case than text is read in.

  Args:
    vocabulary: The pieces.
    lower_case: Whether text is lower-cased.
    path: The vocabulary's file, for the message.

  Returns:
    Whether it warned.
  """
  words = [
    piece
    for piece in vocabulary
    if not piece.startswith("[") and piece.upper() != piece.lower()
  ]
  if len(words) < _FEWEST_WORDS:
    return False
  capitals = sum(piece != piece.lower() for piece in words)
  if lower_case and capitals > _SHARE_WITH_CAPITALS * len(words):
    logging.warning(
      "%s: %d of %d pieces have capital letters, as a cased model's, but text "
      "is lower-cased, and these are never used: pass --do_lower_case=false",
      path,
      capitals,
      len(words),
    )
    return True
  if not lower_case and not capitals:
    logging.warning(
      "%s: none of %d pieces has a capital letter, as an uncased model's, but "
      "text is not lower-cased, and words with capitals become [UNK]: pass "
      "--do_lower_case=true",
      path,
      len(words),
    )
    return True
  return False


def warn_of_unknown(tokenizer: Any, texts: Iterable[str], path: str) -> bool:
  """Warns if much of a text has no pieces; the first 1,000 texts are read.

  Args:
    tokenizer: A `FullTokenizer`.
    texts: The texts.
    path: Their file, for the message.

  Returns:
    Whether it warned.
  """
  unknown, count = tokenizer.vocab.get("[UNK]"), 0
  missing = 0
  for text in itertools.islice(texts, _TEXTS):
    ids = tokenizer.encode(text)
    count += len(ids)
    missing += ids.count(unknown)
  if missing <= _TOO_MANY_UNKNOWN * count:
    return False
  rules = tokenizer.rules
  cause = (
    "text is lower-cased, which also drops accents and takes letters of some "
    "scripts apart: pass --do_lower_case=false if the model is a cased one"
    if rules.lower_case
    else "text is not lower-cased: pass --do_lower_case=true if the model is "
    "an uncased one"
  )
  logging.warning(
    "%s: %.0f%% of the pieces of the first texts are [UNK], %d of %d: the "
    "model sees next to nothing of them. Either %s; or the vocabulary is of "
    "another language than the text: take a model of it, or a multilingual one",
    path,
    100 * missing / count,
    missing,
    count,
    cause,
  )
  return True
