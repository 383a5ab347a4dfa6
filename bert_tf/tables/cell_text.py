"""Values of JSON and Arrow as the cells of a table of text."""

import decimal
import math
from collections.abc import Mapping
from typing import Any


class CellError(ValueError):
  """A value that is no cell."""


def of_value(name: str, value: Any, list_separator: str | None) -> str:
  """The cell of a value: what a table of text would have in its place.

  Args:
    name: Its column, for messages.
    value: A text, a number, a truth value, None for an empty cell (a number
      that is none, too), or a list of these.
    list_separator: As of `TableForm`.

  Raises:
    CellError: It is something else.
  """
  if isinstance(value, list | tuple) and list_separator is not None:
    items = [of_value(name, item, None) for item in value]
    for item in items:
      if list_separator in item:
        raise CellError(
          f"the column {name!r}: {item!r} holds the separator "
          f"{list_separator!r}; choose another by --label_separator"
        )
    return list_separator.join(items)
  if value is None or (isinstance(value, float) and math.isnan(value)):
    return ""
  if isinstance(value, str):
    try:
      value.encode()
    except UnicodeEncodeError as error:
      raise CellError(
        f"the column {name!r} holds {value[error.start]!a}, half of a "
        "surrogate pair, which is no character"
      ) from None
    return value
  if isinstance(value, bool):
    return str(value).lower()
  if isinstance(value, int | float | decimal.Decimal):
    return str(value)
  raise CellError(
    f"the column {name!r} holds {kind(value)}, expected a text or a number"
  )


def kind(value: Any) -> str:
  """What a value is, for messages."""
  if isinstance(value, list | tuple):
    return "a list"
  if isinstance(value, Mapping):
    return "an object"
  return "a text" if isinstance(value, str) else f"a {type(value).__name__}"
