"""Tables of questions: one a row, the columns named in the first line.

Columns: context and question; if wanted id, answer and answer_start. An empty
answer is none. Others are left alone.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bert_tf.tables import delimited_rows, text_encoding
from bert_tf.tasks.squad import checked_values

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
ENDINGS = tuple(_SEPARATORS)
_NEEDED = ("context", "question")
_KNOWN = (*_NEEDED, "id", "answer", "answer_start")
_QUOTED = (
  'put cells that hold the separator, a line break or " in quotes, with "" for '
  'a "'
)


def rows(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
  """The rows of a table, as objects of JSON, each with its place.

  Quotation marks enclose cells, also in .tsv: contexts have line breaks.

  Args:
    name: The file; its ending tells the separator.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is not as expected; names the file and the line.
  """
  header: list[str] = []
  lines = text_encoding.read_lines(name)
  separator = _SEPARATORS[name[-4:].lower()]
  for number, cells, problem in delimited_rows.split(lines, separator, True):
    where = f"{name}:{number}"
    if problem:
      raise checked_values.SquadFormatError(f"{where}: {problem}; {_QUOTED}")
    if cells == [""]:
      continue
    if not header:
      header = _checked_header([cell.strip() for cell in cells], where)
      continue
    if len(cells) != len(header):
      raise checked_values.SquadFormatError(
        f"{where}: found {len(cells)} columns, expected {len(header)} as in "
        f"the first line; {_QUOTED}"
      )
    yield where, _row(dict(zip(header, cells, strict=True)), where)
  if not header:
    raise checked_values.SquadFormatError(
      f"{name}: no line; the first must name the columns: {', '.join(_KNOWN)}"
    )


def _checked_header(header: list[str], where: str) -> list[str]:
  for column in _NEEDED:
    if column not in header:
      raise checked_values.SquadFormatError(
        f"{where}: no column named {column!r} in the header (found: "
        f"{', '.join(map(repr, header))}). The first line must name the "
        f"columns: {', '.join(_KNOWN)}, the last three if wanted"
      )
  if twice := _twice([name for name in header if name in _KNOWN]):
    raise checked_values.SquadFormatError(
      f"{where}: the column {twice!r} is there twice; rename one"
    )
  return header


def _twice(names: Sequence[str]) -> str | None:
  return next((x for x in names if names.count(x) > 1), None)


def _row(cells: dict[str, str], where: str) -> dict[str, Any]:
  row: dict[str, Any] = {k: v for k, v in cells.items() if k in _KNOWN}
  if not row.get("id", "").strip():
    row.pop("id", None)
  start = row.pop("answer_start", "").strip()
  if start:
    if not re.fullmatch("[0-9]{1,18}", start):
      raise checked_values.SquadFormatError(
        f"{where}: answer_start is {start!r}, expected the number of the "
        "answer's first character in its context, from 0"
      )
    row["answer_start"] = int(start)
  return row
