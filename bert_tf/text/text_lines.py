"""Files of lines: one text a line, or two with " ||| " between them."""

import dataclasses
import os
import re

from bert_tf.system import files

SEPARATOR = " ||| "
_PAIR = re.compile(r"^(.*) \|\|\| (.*)$")


@dataclasses.dataclass(frozen=True)
class Line:
  """A line of the input, and where its texts stand in it.

  Attributes:
    text_a: The first text.
    text_b: The second; None without one.
    start_a: The place in the line of the first character of `text_a`.
    start_b: The same of `text_b`.
  """

  text_a: str
  text_b: str | None = None
  start_a: int = 0
  start_b: int = 0


def parse(line: str) -> Line:
  """Takes a line apart at its last " ||| ". Source: extract_features.py."""
  stripped = line.strip()
  before = len(line) - len(line.lstrip())
  pair = _PAIR.match(stripped)
  if pair is None:
    return Line(stripped, None, before)
  return Line(pair[1], pair[2], before, before + pair.start(2))


def read(path: str | os.PathLike[str]) -> list[Line]:
  """Reads a file of lines; an empty line is an empty text.

  Raises:
    OSError: There is no such file, or it cannot be read.
    ValueError: It is empty, or a line is not UTF-8; the message names it.
  """
  name = os.fspath(path)
  if not files.is_remote(name) and os.path.isdir(name):
    raise IsADirectoryError(
      f"{name} is a folder; expected a text file, one text or pair a line"
    )
  with files.open_file(name) as reader:
    return parse_all(reader.read(), name)


def parse_all(data: bytes, name: str) -> list[Line]:
  """The lines of a file that was read; raises as `read`."""
  if not data:
    raise ValueError(f"{name} is empty; expected one text or pair a line")
  return [parse(line) for line in decode_lines(data, name)]


def decode_lines(data: bytes, name: str) -> list[str]:
  """The lines of a file, without their newlines.

  Raises:
    ValueError: A line is not UTF-8; the message names it.
  """
  rows = data.split(b"\n")
  if not rows[-1]:
    rows.pop()  # the file ends with a newline
  return [_decode(row, name, number) for number, row in enumerate(rows)]


def _decode(row: bytes, name: str, number: int) -> str:
  try:
    return row.decode("utf-8")
  except UnicodeDecodeError as error:
    raise ValueError(
      f"{name}, line {number + 1}: found the byte {row[error.start]:#04x}, "
      "which is not UTF-8; convert the file to UTF-8"
    ) from None
