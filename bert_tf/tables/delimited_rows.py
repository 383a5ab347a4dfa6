"""TSV and CSV: rows of lines.

Without quoting, cells end at separators and lines at newlines, and quotation
marks are characters like all others: so the original reads its .tsv files.
With quoting, as RFC 4180 has it: a cell that holds a separator, a newline or a
quotation mark stands in quotation marks, and those within it are doubled.
"""

import contextlib
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence

from absl import logging

from bert_tf.tables import table_form, text_encoding

_NAMES = {"\t": "tab", ",": "comma"}
_QUOTE = '"'
EMPTY = "the line is empty; remove it"

# Number of the line, from 1; cells; problem.
Cells = tuple[int, list[str], str | None]


class LostError(ValueError):
  """A row of several lines has wrong quotation marks.

  Where it should have ended cannot be told, nor where other rows begin, so that
  it cannot be left out.

  Args:
    first: The number of its first line.
    last: Of the line where that was noticed.
    problem: What is wrong.
  """

  def __init__(self, first: int, last: int, problem: str):
    super().__init__(
      f"{problem}. The row reaches line {last}, and where it should have ended "
      "is not known, so it cannot be skipped"
    )
    self.first = first


def split(
  lines: Sequence[text_encoding.Line], separator: str, is_quoted: bool
) -> Iterator[Cells]:
  """The cells of each line, or of several where a quoted cell spans them."""
  if is_quoted:
    yield from _split_quoted(lines, separator)
    return
  for line in lines:
    yield line.number, line.text.split(separator), line.problem


def _split_quoted(
  lines: Sequence[text_encoding.Line], separator: str
) -> Iterator[Cells]:
  """As `split`; ends after a problem that makes all that follows doubtful."""
  texts = (f"{line.text}\n" for line in lines)
  reader = csv.reader(texts, delimiter=separator, strict=True)
  while True:
    start = reader.line_num
    problem = None
    cells: list[str] = []
    try:
      with _long_cells():
        cells = next(reader)
    except StopIteration:
      return
    except csv.Error as error:
      problem = _quoting_problem(str(error))
    used = lines[start : reader.line_num]
    told = next((x.problem for x in used if x.problem), problem)
    yield lines[start].number, cells or [""], told
    if problem and len(used) > 1:
      raise LostError(lines[start].number, used[-1].number, problem)


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
  """Lets cells be longer than 131,072 characters."""
  before = csv.field_size_limit(sys.maxsize)
  try:
    yield
  finally:
    csv.field_size_limit(before)


def _quoting_problem(error: str) -> str:
  told = "double those within a cell, or give --quoting=none"
  if "unexpected end" in error:
    return f"a quotation mark opens here and is not closed; {told}"
  return f"text follows a closing quotation mark ({error}); {told}"


def rows(
  path: str,
  lines: Sequence[text_encoding.Line],
  separator: str,
  columns: Sequence[table_form.Column],
  form: table_form.TableForm,
  has_header: bool,
) -> Iterator[table_form.Row]:
  """The rows of a table.

  Args:
    path: The file, for messages.
    lines: Its lines.
    separator: A tab or a comma.
    columns: Those that are wanted.
    form: How it is read.
    has_header: Whether the first row names the columns.

  Raises:
    ValueError: The header lacks a column that is wanted by name, or quotation
      marks are wrong so that all rows after them are doubtful.
  """
  is_quoted = form.is_quoted(separator)
  found = split(_without_end(lines, separator), separator, is_quoted)
  names: list[str] = []
  if has_header:
    number, names, problem = next(found, (1, [], None))
    if problem:
      raise ValueError(f"{path}:{number}: {problem}")
  places = [_place(path, names, column) for column in columns]
  width = len(names) if any(isinstance(x, str) for x in columns) else None
  enclosed = 0
  for number, cells, problem in _placed(path, found):
    problem = problem or _problem(cells, places, width, separator, is_quoted)
    if problem:
      yield table_form.Row(number, (), problem)
      continue
    row = tuple(cells[place] for place in places)
    enclosed += not is_quoted and any(map(_is_enclosed, row))
    yield table_form.Row(number, row)
  if width and enclosed:
    logging.warning(
      "%s: a cell begins and ends with a quotation mark in %d rows, and they "
      "are read as part of the text; if they only enclose the cells, give "
      "--quoting=standard",
      path,
      enclosed,
    )


def _placed(path: str, found: Iterator[Cells]) -> Iterator[Cells]:
  """The rows; an error says in which file."""
  try:
    yield from found
  except LostError as error:
    raise ValueError(f"{path}:{error.first}: {error}") from error


def _without_end(
  lines: Sequence[text_encoding.Line], separator: str
) -> Sequence[text_encoding.Line]:
  """Without the blank lines at the end of the file.

  A line of separators is a row of empty cells, which is predicted or refused.
  """
  last = len(lines)
  while last and _is_blank(lines[last - 1].text, separator):
    last -= 1
  return lines[:last]


def _is_blank(text: str, separator: str) -> bool:
  return separator not in text and not text.strip()


def _is_enclosed(cell: str) -> bool:
  return len(cell) > 1 and cell[0] == cell[-1] == _QUOTE


def _place(path: str, names: Sequence[str], column: table_form.Column) -> int:
  if isinstance(column, int):
    return column
  return place_of(f"{path}:1", names, column)


def place_of(where: str, names: Sequence[str], column: str) -> int:
  """The number of a column that is wanted by name.

  Raises:
    ValueError: There is none of this name, or two.
  """
  if names.count(column) == 1:
    return names.index(column)
  if column in names:
    raise ValueError(f"{where}: two columns named {column!r}; rename one")
  alike = [x for x in names if x.strip().casefold() == column.casefold()]
  hint = f"did you mean {alike[0]!r}? " if alike else ""
  raise ValueError(
    f"{where}: no column named {column!r} in the header "
    f"(found: {listed(names)}). {hint}The first line must name the columns; "
    "choose others with --text_column, --text_pair_column, --label_column"
  )


def listed(names: Iterable[str]) -> str:
  """Names of columns, for messages."""
  return ", ".join(map(repr, names)) or "none"


def _problem(
  cells: Sequence[str],
  places: Sequence[int],
  width: int | None,
  separator: str,
  is_quoted: bool,
) -> str | None:
  if cells == [""]:
    return EMPTY
  if width is not None and len(cells) != width:
    name = _NAMES[separator]
    hint = (
      " A cell that holds one stands in quotation marks" if is_quoted else ""
    )
    return (
      f"found {len(cells)} columns, the header names {width}; is a {name} "
      f"missing, or one too many?{hint}"
    )
  if max(places) >= len(cells):
    return f"found {len(cells)} columns, expected at least {max(places) + 1}"
  return None
