"""Whether a vocabulary fits the rules it is read with, and the text."""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.text import tokenizer_rules

_TEXTS = 1000
_TOO_MANY_UNKNOWN = 0.2
# Of a cased vocabulary: Google's have more than a third with capitals.
_SHARE_WITH_CAPITALS = 0.01
_FEWEST_WORDS = 100
# Of texts that come one after the other: fewer pieces say nothing.
_FEWEST_PIECES = 20


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
  unknown, count, missing = tokenizer.vocab.get("[UNK]"), 0, 0
  for text in itertools.islice(texts, _TEXTS):
    ids = tokenizer.encode(text)
    count += len(ids)
    missing += ids.count(unknown)
  return warn_of_share(missing, count, tokenizer.rules, path)


def warn_of_unknown_ids(
  ids: npt.NDArray[np.int32], tokenizer: Any, path: str
) -> bool:
  """As `warn_of_unknown`, of the ids of pieces, int32 [T]."""
  missing = int(np.count_nonzero(ids == tokenizer.vocab["[UNK]"]))
  return warn_of_share(missing, len(ids), tokenizer.rules, path)


def warn_of_share(
  missing: int,
  count: int,
  rules: tokenizer_rules.TokenizerRules,
  path: str,
) -> bool:
  """Warns if more than a fifth of the pieces of a text are [UNK].

  Args:
    missing: How many are.
    count: Of how many.
    rules: Those the text was read by.
    path: Its file, for the message.

  Returns:
    Whether it warned.
  """
  if missing <= _TOO_MANY_UNKNOWN * count:
    return False
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


class Watch:
  """Looks at the first texts that come one after the other, and warns once.

  Args:
    tokenizer: A `FullTokenizer`.
    where: What the texts are, for the message.
  """

  def __init__(self, tokenizer: Any, where: str):
    self._tokenizer = tokenizer
    self._where = where
    self._left = _TEXTS
    self._count = self._missing = 0

  def see(self, texts: Iterable[str]) -> None:
    """Counts the pieces of more texts, until 1,000 were seen."""
    if self._left <= 0:
      return
    unknown = self._tokenizer.vocab.get("[UNK]")
    for text in itertools.islice(texts, self._left):
      ids = self._tokenizer.encode(text)
      self._left -= 1
      self._count += len(ids)
      self._missing += ids.count(unknown)
    rules = self._tokenizer.rules
    if self._count >= _FEWEST_PIECES and warn_of_share(
      self._missing, self._count, rules, self._where
    ):
      self._left = 0
