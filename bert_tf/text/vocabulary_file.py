"""Vocabulary files: one word piece a line, its id the line's number from 0."""

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import TypeVar

from bert_tf.system import files, output_files

_K = TypeVar("_K")
_V = TypeVar("_V")

# What the models' inputs are built from; every published vocabulary has them.
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

_HINT = 'expected a text file with one word piece a line, such as "vocab.txt"'


class VocabularyError(ValueError):
  """A vocabulary file that cannot be used, and why."""


class UnknownTokenError(KeyError):
  """A token or id that the vocabulary does not have."""

  def __str__(self) -> str:
    return str(self.args[0])  # KeyError itself would show it in quotes.


def load_vocab(path: str | os.PathLike[str]) -> dict[str, int]:
  """Reads a vocabulary as the original does, odd files included.

  Lines end at a newline and nowhere else, carriage returns are dropped, and
  white space is stripped from both ends of a piece. Each line takes an id: an
  empty line makes the piece "", and a piece that comes twice keeps its place in
  the order but has the later id.

  Args:
    path: a local path, or one with a scheme ("gs://...").

  Returns:
    The id of each piece, in the order of the file.

  Raises:
    FileNotFoundError: there is no such file.
    VocabularyError: it is a directory, empty, binary or not UTF-8.
  """
  data = _read(os.fspath(path))
  if not data:
    raise VocabularyError(f"{path}: the file is empty; {_HINT}")
  if b"\0" in data:
    line = data.count(b"\n", 0, data.index(b"\0")) + 1
    raise VocabularyError(
      f"{path}, line {line}: found a zero byte, so the file looks binary; "
      f"{_HINT}"
    )
  lines = _decode(data.replace(b"\r", b""), path).split("\n")
  if not lines[-1]:
    lines.pop()  # The file ends with a newline: no line follows it.
  vocab: dict[str, int] = {}
  for index, line_text in enumerate(lines):
    vocab[line_text.strip()] = index
  return vocab


def save_vocab(path: str | os.PathLike[str], pieces: Iterable[str]) -> None:
  """Writes pieces, one a line in order; the file appears whole or not at all.

  Raises:
    VocabularyError: reading the file would not give the same pieces and ids
      back, because a piece comes twice or has white space in it.
  """
  pieces = list(pieces)
  first_at: dict[str, int] = {}
  for index, piece in enumerate(pieces):
    if not piece or piece != piece.strip() or set(piece) & set("\0\r\n"):
      raise VocabularyError(
        f"{path}: piece {index} is {piece!r}; expected text without line ends, "
        "zero characters, or white space at either end"
      )
    if piece in first_at:
      raise VocabularyError(
        f"{path}: piece {piece!r} has two places, {first_at[piece]} and "
        f"{index}; remove one"
      )
    first_at[piece] = index
  text = "".join(piece + "\n" for piece in pieces)
  output_files.write_atomically(path, text.encode("utf-8"))


def require_tokens(
  vocab: Mapping[str, int],
  tokens: Iterable[str] = SPECIAL_TOKENS,
  path: str | os.PathLike[str] = "the vocabulary",
) -> None:
  """Checks that the vocabulary has the tokens a program depends on.

  Args:
    vocab: the vocabulary, from `load_vocab`.
    tokens: what it must have.
    path: the file it came from, for the message.

  Raises:
    VocabularyError: naming the file and every token that is missing.
  """
  missing = [token for token in tokens if token not in vocab]
  if not missing:
    return
  message = (
    f"{path}: of {len(vocab)} pieces none is {', '.join(missing)}; "
    "expected a BERT vocabulary with these on lines of their own"
  )
  # [cls], "[CLS]," or a byte order mark before [PAD] are what one overlooks.
  near = difflib.get_close_matches(
    missing[0].lower(), [piece.lower() for piece in vocab if "[" in piece], n=1
  )
  if near:
    found = next(piece for piece in vocab if piece.lower() == near[0])
    message += f" (the nearest found is {found!r})"
  raise VocabularyError(message + "; add them, or pass another vocab_file")


def require_rows(
  vocab: Mapping[str, int], rows: int, path: str | os.PathLike[str]
) -> None:
  """Checks that a model has a row for each id.

  Args:
    vocab: the vocabulary, from `load_vocab`.
    rows: the model's `vocab_size`.
    path: the file it came from, for the message.

  Raises:
    VocabularyError: naming the file and both numbers.
  """
  last = max(vocab.values(), default=-1)
  if last >= rows:
    raise VocabularyError(
      f"{path}: found {last + 1} pieces, but the model has vocab_size={rows} "
      "rows for them; expected the vocabulary that belongs to the checkpoint"
    )


def look_up(table: Mapping[_K, _V], keys: Iterable[_K], kind: str) -> list[_V]:
  """Returns the ids of tokens, or the tokens of ids.

  Args:
    table: a vocabulary, or the inverse of one.
    keys: what is looked up.
    kind: what the keys are, for the message.

  Raises:
    UnknownTokenError: a key is not in the table.
  """
  try:
    return [table[key] for key in keys]
  except KeyError as error:
    raise UnknownTokenError(
      f"the {kind} {error.args[0]!r} is not in the vocabulary of {len(table)} "
      "pieces; use the vocab_file that belongs to the checkpoint, or a token "
      "that it has"
    ) from None


def _read(path: str) -> bytes:
  """Reads the whole file; the errors say what to do."""
  if not files.is_remote(path) and os.path.isdir(path):
    raise VocabularyError(
      f"{path}: found a directory; {_HINT}, perhaps "
      f"{os.path.join(path, 'vocab.txt')}"
    )
  try:
    with files.open_file(path) as reader:
      return reader.read()
  except FileNotFoundError:
    raise FileNotFoundError(
      f"{path}: no such file; {_HINT} (it comes with the checkpoint)"
    ) from None


def _decode(data: bytes, path: str | os.PathLike[str]) -> str:
  try:
    return data.decode("utf-8")
  except UnicodeDecodeError as error:
    line = data.count(b"\n", 0, error.start) + 1
    raise VocabularyError(
      f"{path}, line {line}: found the byte {data[error.start]:#04x}, which is "
      "not UTF-8; convert the file to UTF-8"
    ) from None
