"""How a file of columns is laid out: told, or found out from its lines."""

import collections
import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence

DOCUMENT_START = "-DOCSTART-"
Column = int | str  # by number from 0, or by its name in a header
TAB, SPACES = "\t", " "
# What comments begin with: CoNLL-U and MultiCoNER, KLUE (##), KMOU (; and $).
_MARKS = ("#", ";", "$")
_PARTED = re.compile("[ \t]+")
_GLOBAL_COLUMNS = re.compile(r"#\s*global\.columns\s*=\s*(.+)")
_TAG = re.compile(r"O|[BIESLUMW][-_][^\W\d]\S*|[^\W\d]\S*[-_][BIESLUMW]")
# CoNLL-U: ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC; ID may be the
# range of a contraction, or that of a word that is not in the text.
_CONLLU_COLUMNS, _UPOS = 10, 3
_NO_WORD = re.compile(r"\d+[-.]\d+")
_WORD_NAMES = {"word", "words", "token", "tokens", "form", "text", "character"}
_LABEL_NAMES = {
  *("label", "labels", "tag", "tags", "ner", "pos", "upos", "entity", "iob"),
  *("ner_tag", "ner_tags", "pos_tag", "pos_tags", "ne", "bio", "class"),
}


@dataclasses.dataclass(frozen=True)
class ColumnLayout:
  """The layout of a file.

  Attributes:
    separator: `TAB` or `SPACES`.
    columns: Columns of each word's line.
    word: The column of the words.
    label: That of the labels; None where they are not read.
    index: That of the words' numbers, 0 if there is one; else None.
    header: The line that names the columns, from 0; None if there is none.
    passed: Lines that are neither words nor end a sentence, from 0: comments,
      the header, contractions of CoNLL-U.
  """

  separator: str
  columns: int
  word: int
  label: int | None
  index: int | None = None
  header: int | None = None
  passed: frozenset[int] = frozenset()

  def split(self, row: str) -> list[str]:
    """The cells of a line; a word of white space stays one."""
    return split(row, self.separator)

  def described(self) -> str:
    """What is assumed, in one line."""
    parts = [f"{self.columns} columns"]
    if self.columns > 1:
      kind = "a tab" if self.separator == TAB else "spaces"
      parts[0] += f" separated by {kind}"
    parts.append(f"words in column {self.word}")
    if self.label is not None:
      parts.append(f"labels in column {self.label}")
    if self.index is not None:
      parts.append(f"column {self.index} numbers the words")
    header = "no header" if self.header is None else "a header"
    no_words = len(self.passed) - (self.header is not None)
    parts += [header, f"{no_words} lines of comments"]
    return ", ".join(parts)


def split(row: str, separator: str) -> list[str]:
  """The cells of a line."""
  if separator == TAB:
    return [cell.strip(" ") or cell[:1] for cell in row.split(TAB)]
  return _PARTED.split(row.strip(" \t"))


def is_break(row: str) -> bool:
  """Whether a line ends a sentence: a blank one, or a document mark."""
  return not row.strip() or row.startswith(DOCUMENT_START)


def find(
  lines: Sequence[str],
  word_column: Column | None,
  label_column: Column | None,
) -> ColumnLayout:
  """Finds the layout of a file.

  A line that begins with `#`, `;` or `$` is a comment, unless it looks like the
  lines of words: it has as many columns, no space in its first cell, and a
  label that is the word itself, or looks like one of entities, or occurs in
  another line.

  Args:
    lines: All its lines.
    word_column: The column of the words; None to find it: 0, or 1 if column 0
      numbers the words.
    label_column: That of the labels, negative from the end; None reads none.

  Raises:
    ValueError: There is no column of such a name.
  """
  rows = {i: row for i, row in enumerate(lines) if not is_break(row)}
  marked = [i for i, row in rows.items() if row.startswith(_MARKS)]
  plain = [i for i in rows if i not in set(marked)] or list(rows)
  marked = [i for i in marked if i not in set(plain)]
  with_tab = sum(TAB in rows[i] for i in plain)
  separator = TAB if 2 * with_tab >= max(len(plain), 1) else SPACES
  cells = {i: split(rows[i], separator) for i in rows}
  names, header = _names(lines, plain, cells, (word_column, label_column))
  if header is None and not names:
    header = _guessed_header(plain, cells, label_column)
  words = [i for i in plain if i != header]
  counts = collections.Counter(len(cells[i]) for i in words)
  columns = counts.most_common(1)[0][0] if counts else 1
  label = _number(names, label_column)
  comments = _comments(marked, words, cells, columns, label)
  words = sorted({*words, *marked} - comments)
  index, no_words = _index(lines, words, cells, columns, label is not None)
  word = _number(names, word_column)
  if word is None:
    word = 0 if index is None else index + 1
  if label == -1 and index is not None and columns == _CONLLU_COLUMNS:
    label = _UPOS
  if label is not None and label < 0:
    label += columns
  passed = comments | no_words | ({header} if header is not None else set())
  return ColumnLayout(
    separator, columns, word, label, index, header, frozenset(passed)
  )


def _number(names: Sequence[str], column: Column | None) -> int | None:
  return names.index(column) if isinstance(column, str) else column


def _names(
  lines: Sequence[str],
  plain: Sequence[int],
  cells: dict[int, list[str]],
  wanted: Collection[Column | None],
) -> tuple[list[str], int | None]:
  """Names of columns, where some are wanted by name, and the line they are."""
  by_name = [name for name in wanted if isinstance(name, str)]
  if not by_name:
    return [], None
  for row in lines:
    if found := _GLOBAL_COLUMNS.match(row):
      names, header = found[1].split(), None
      break
  else:
    header = plain[0] if plain else None
    names = cells[header] if header is not None else []
  for name in by_name:
    if names.count(name) != 1:
      shown = ", ".join(map(repr, names)) or "none"
      raise ValueError(
        f"line {(header or 0) + 1}: no column named {name!r}, or several "
        f"(found: {shown}); the first line must name the columns. Give numbers "
        "instead, from 0, by --word_column and --label_column"
      )
  return names, header


def _guessed_header(
  plain: Sequence[int],
  cells: dict[int, list[str]],
  label_column: Column | None,
) -> int | None:
  """The first line, if it names columns of words and of labels."""
  if not plain:
    return None
  names = [name.casefold() for name in cells[plain[0]]]
  if label_column is None:
    known = _WORD_NAMES | _LABEL_NAMES | {"id", "index"}
    return plain[0] if len(names) > 1 and known.issuperset(names) else None
  is_in = isinstance(label_column, int) and -len(names) <= label_column
  if not is_in or label_column >= len(names):  # type: ignore[operator]
    return None
  label = cells[plain[0]][label_column]  # type: ignore[index]
  repeated = any(
    label in cells[i][1:] for i in plain[1:] if len(cells[i]) == len(names)
  )
  if label.casefold() in _LABEL_NAMES and not repeated:
    return plain[0] if _WORD_NAMES & set(names) else None
  return None


def _comments(
  marked: Iterable[int],
  words: Iterable[int],
  cells: dict[int, list[str]],
  columns: int,
  label: int | None,
) -> set[int]:
  """Which of the lines that begin as comments do are no words."""
  if columns == 1:
    return {i for i in marked if len(cells[i]) != 1}
  place = -1 if label is None or not -columns <= label < columns else label
  seen = {cells[i][place] for i in words if len(cells[i]) == columns}
  found = set()
  for i in marked:
    row = cells[i]
    is_word = (
      len(row) == columns
      and " " not in row[0].strip()
      and (
        row[place] in seen
        or row[place] == row[0]
        or _TAG.fullmatch(row[place]) is not None
      )
    )
    if not is_word:
      found.add(i)
  return found


def _index(
  lines: Sequence[str],
  words: Sequence[int],
  cells: dict[int, list[str]],
  columns: int,
  has_label: bool,
) -> tuple[int | None, set[int]]:
  """Whether column 0 numbers the words; and lines that are then no words."""
  if columns < (3 if has_label else 2):
    return None, set()
  no_words = {
    i
    for i in words
    if columns == _CONLLU_COLUMNS and _NO_WORD.fullmatch(cells[i][0])
  }
  previous, has_next, begins, last = 0, False, True, -1
  for i in words:
    if i in no_words:
      continue
    begins = last < 0 or any(map(is_break, lines[last + 1 : i]))
    text = cells[i][0]
    if not (text.isascii() and text.isdecimal()):
      return None, set()
    number = int(text)
    follows = number == previous + 1 and last >= 0
    if not (follows or (begins and number in (0, 1))):
      return None, set()
    has_next |= follows and not begins
    previous, last = number, i
  return (0, no_words) if has_next else (None, set())
