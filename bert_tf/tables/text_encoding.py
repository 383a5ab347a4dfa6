r"""Files of text as lines: compression, encoding, byte order mark, line ends.

The rules, for all files: a gzip file is unpacked. Text is UTF-8, or what its
byte order mark or the setting `encoding` says. Lines end in \n or \r\n, and a
carriage return elsewhere is a problem of its line.
"""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from absl import logging

from bert_tf.system import files

_GZIP = b"\x1f\x8b"
_UTF8 = "utf-8"
# In this order: the mark of UTF-32 begins like that of UTF-16.
_MARKS = (
  (codecs.BOM_UTF32_LE, "utf-32"),
  (codecs.BOM_UTF32_BE, "utf-32"),
  (codecs.BOM_UTF8, _UTF8),
  (codecs.BOM_UTF16_LE, "utf-16"),
  (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32")  # a line does not end at a byte
_LOOKED_AT = 4096
_MANY_ZEROS = 8  # one byte in so many


class Line(NamedTuple):
  """A line of a file.

  Attributes:
    number: From 1.
    text: Without its end.
    problem: Why it cannot be read; its text is then only close to it.
  """

  number: int
  text: str
  problem: str | None = None


def check(encoding: str | None) -> None:
  """Checks the name of an encoding.

  Raises:
    ValueError: Python knows none of this name.
  """
  try:
    "".encode(encoding or _UTF8)
  except (LookupError, ValueError):
    raise ValueError(
      f"encoding={encoding!r} is not known; it is a name such as utf-8, "
      "utf-16, cp949, euc-jp, gb18030 or latin-1"
    ) from None


def read_lines(path: str, encoding: str | None = None) -> list[Line]:
  """Reads a file of text.

  What is dropped or assumed (a byte order mark, carriage returns at line ends,
  UTF-16) is logged.

  Args:
    path: The file.
    encoding: That of the text; None for UTF-8, or what a byte order mark says.

  Raises:
    OSError: There is no such file.
    ValueError: It is in another encoding than `encoding`, or damaged.
  """
  data = _read(path)
  name, data = _encoding(path, data, encoding)
  if codecs.lookup(name).name.startswith(_WIDE):
    lines = _wide_lines(path, data, name)
  else:
    parts = data.split(b"\n")
    lines = [_line(i, part, name) for i, part in enumerate(parts, 1)]
  if not lines[-1].text:
    lines.pop()  # the file ends with a newline
  _tell_carriage_returns(path, lines)
  return [_without_carriage_return(line) for line in lines]


def good_lines(path: str, encoding: str | None = None) -> list[str]:
  """As `read_lines`, the texts.

  Raises:
    OSError: There is no such file.
    ValueError: A line cannot be read; the message names it.
  """
  lines = read_lines(path, encoding)
  for line in lines:
    if line.problem:
      raise ValueError(f"{path}, line {line.number}: {line.problem}")
  return [line.text for line in lines]


def _read(path: str) -> bytes:
  if not files.is_remote(path) and os.path.isdir(path):
    raise IsADirectoryError(f"{path} is a folder; expected a file of text")
  with files.open_file(path) as file:
    data: bytes = file.read()
  if data.startswith(_GZIP):
    try:
      return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
      raise ValueError(f"{path}: a damaged gzip file: {error}") from None
  if path.endswith(".gz"):
    raise ValueError(f"{path}: not a gzip file, in spite of its name")
  return data


def _encoding(path: str, data: bytes, given: str | None) -> tuple[str, bytes]:
  """The encoding, and the data without a byte order mark of UTF-8."""
  for mark, name in _MARKS:
    if not data.startswith(mark):
      continue
    if given and not codecs.lookup(given).name.startswith(name):
      raise ValueError(
        f"{path}: its byte order mark says {name}, and encoding={given}: leave "
        "out one of the two"
      )
    if name == _UTF8:
      logging.warning("%s, line 1: a byte order mark was dropped", path)
      return name, data[len(mark) :]
    logging.warning("%s: read as %s, by its byte order mark", path, name)
    return name, data
  if not given:
    _check_no_wide_text(path, data[:_LOOKED_AT])
  return given or _UTF8, data


def _check_no_wide_text(path: str, start: bytes) -> None:
  if start.count(0) * _MANY_ZEROS < max(len(start), 1):
    return
  little = start[1::2].count(0) >= start[0::2].count(0)
  guess = f"utf-16-{'le' if little else 'be'}"
  raise ValueError(
    f"{path}: many bytes are 0, as in UTF-16, and it has no byte order mark; "
    f"if it is UTF-16, give --encoding={guess}, or save it as UTF-8"
  )


def _wide_lines(path: str, data: bytes, name: str) -> list[Line]:
  try:
    text = data.decode(name)
  except UnicodeDecodeError as error:
    raise ValueError(
      f"{path}: byte {error.start + 1} of the file is not {name}: "
      f"{error.reason}; save it as UTF-8"
    ) from None
  parts = text.removeprefix("\ufeff").split("\n")
  return [Line(number, part) for number, part in enumerate(parts, 1)]


def _line(number: int, data: bytes, name: str) -> Line:
  try:
    return Line(number, data.decode(name))
  except UnicodeDecodeError as error:
    shown = "UTF-8" if name == _UTF8 else name
    problem = (
      f"byte {error.start + 1} of the line, 0x{data[error.start]:02x}, is not "
      f"{shown}; save the file as UTF-8, or name its encoding by --encoding"
    )
    return Line(number, data.decode(name, "replace"), problem)


def _without_carriage_return(line: Line) -> Line:
  text = line.text.removesuffix("\r")
  if "\r" not in text:
    return line._replace(text=text)
  problem = "a carriage return within the line; lines must end in \\n or \\r\\n"
  return Line(line.number, text, line.problem or problem)


def _tell_carriage_returns(path: str, lines: Iterable[Line]) -> None:
  ended = [line.number for line in lines if line.text.endswith("\r")]
  if ended:
    logging.warning(
      "%s, line %d: a carriage return at the line's end was dropped, and so in "
      "%d other lines",
      path,
      ended[0],
      len(ended) - 1,
    )
