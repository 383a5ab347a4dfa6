"""How tables are read: what flags say of them."""

import dataclasses
from typing import NamedTuple

from bert_tf.tables import text_encoding

AUTO, NONE, STANDARD = "auto", "none", "standard"
QUOTINGS = (AUTO, NONE, STANDARD)
Column = int | str  # by number, or by its name


class Row(NamedTuple):
  """A row of a table.

  Attributes:
    number: Of its line in a file of lines, else of the row; from 1.
    cells: Those of the columns asked for; none if there is a problem.
    problem: What is wrong with it.
  """

  number: int
  cells: tuple[str, ...]
  problem: str | None = None


@dataclasses.dataclass(frozen=True)
class TableForm:
  """How tables are read.

  Attributes:
    encoding: Of files of text; None for UTF-8, or what a byte order mark says.
    quoting: One of `QUOTINGS`: whether quotation marks enclose cells. "auto":
      in CSV they do, in TSV they are characters like all others.
    list_separator: Put between the items of a list to make one cell of them;
      None where lists are an error.
    optional_prefix: An object of JSON Lines may lack keys that begin so; their
      cells are empty then. None where it may lack no column.
  """

  encoding: str | None = None
  quoting: str = AUTO
  list_separator: str | None = None
  optional_prefix: str | None = None

  def __post_init__(self) -> None:
    text_encoding.check(self.encoding)
    if self.quoting not in QUOTINGS:
      raise ValueError(
        f"quoting={self.quoting!r} is not known; it is one of "
        f"{', '.join(QUOTINGS)}"
      )

  def is_quoted(self, separator: str) -> bool:
    """Whether quotation marks enclose cells of files with this separator."""
    return self.quoting == STANDARD or (
      self.quoting == AUTO and separator == ","
    )

  def may_lack(self, name: str) -> bool:
    """Whether an object of JSON Lines may lack a column."""
    prefix = self.optional_prefix
    return prefix is not None and name.startswith(prefix)
