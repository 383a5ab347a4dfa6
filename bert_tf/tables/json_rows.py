"""JSON Lines: an object a line, whose keys name the columns."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from bert_tf.tables import (
  cell_text,
  delimited_rows,
  table_form,
  text_encoding,
)


def rows(
  path: str,
  lines: Sequence[text_encoding.Line],
  columns: Sequence[str],
  form: table_form.TableForm,
) -> Iterator[table_form.Row]:
  """The rows of a table; numbers are those that the file writes.

  Args:
    path: The file, for messages.
    lines: Its lines.
    columns: Those that are wanted.
    form: How it is read.

  Raises:
    ValueError: It is a list of objects, not objects in lines.
  """
  if lines and lines[0].text.lstrip().startswith("["):
    raise ValueError(
      f"{path}:1: a list, expected one object a line (JSON Lines), such as "
      '{"text": "...", "label": "..."}'
    )
  last = len(lines)
  while last and not lines[last - 1].text.strip():
    last -= 1
  for line in lines[:last]:
    try:
      cells = _cells(line, columns, form)
    except cell_text.CellError as error:
      yield table_form.Row(line.number, (), str(error))
    else:
      yield table_form.Row(line.number, cells)


def names(lines: Sequence[text_encoding.Line]) -> list[str]:
  """The keys of all objects, in the order they first occur in."""
  found: dict[str, None] = {}
  for line in lines:
    if line.text.strip() and not line.problem:
      with contextlib.suppress(cell_text.CellError):  # told where it is read
        found.update(dict.fromkeys(_object(line.text)))
  return list(found)


def _cells(
  line: text_encoding.Line,
  columns: Sequence[str],
  form: table_form.TableForm,
) -> tuple[str, ...]:
  if line.problem:
    raise cell_text.CellError(line.problem)
  if not line.text.strip():
    raise cell_text.CellError(delimited_rows.EMPTY)
  values = _object(line.text)
  for name in columns:
    if name not in values and not form.may_lack(name):
      raise cell_text.CellError(
        f"no {name!r} in the object (found: {delimited_rows.listed(values)})"
      )
  return tuple(
    cell_text.of_value(name, values.get(name), form.list_separator)
    for name in columns
  )


def _object(text: str) -> dict[str, Any]:
  try:
    found = json.loads(
      text,
      object_pairs_hook=_without_repetition,
      parse_float=str,
      parse_int=str,
      parse_constant=_refuse,
    )
  except cell_text.CellError:
    raise
  except (ValueError, RecursionError) as error:
    raise cell_text.CellError(f"not JSON: {error}") from None
  if not isinstance(found, dict):
    raise cell_text.CellError(
      f"{cell_text.kind(found)}, expected an object such as "
      '{"text": "...", "label": "..."}'
    )
  return found


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
  found: dict[str, Any] = {}
  for name, value in pairs:
    if name in found:
      raise cell_text.CellError(f"{name!r} stands twice in the object")
    found[name] = value
  return found


def _refuse(name: str) -> NoReturn:
  raise ValueError(f"{name} is no number of JSON")
