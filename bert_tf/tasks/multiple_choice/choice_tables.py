"""Questions in tables: SWAG's CSV, and tables of any form."""

import dataclasses
import re
from collections.abc import Iterator, Sequence

from bert_tf.tables import (
  delimited_rows,
  table_columns,
  table_form,
  table_reader,
)
from bert_tf.tasks.multiple_choice import questions, settings

_QUESTION = "question"
_SWAG = ("sent1", "sent2", "ending0", "ending1", "ending2", "ending3")
_LABEL = "label"
_WHOLE = re.compile(r"[0-9]{1,6}")


def swag(
  path: str, form: table_form.TableForm, is_labelled: bool
) -> Iterator[questions.Question]:
  """The questions of SWAG: a sentence, and endings of the next one.

  Raises:
    OSError: There is no such file.
    ValueError: A row is not as it should be.
  """
  for place, cells in _rows(path, _SWAG, _LABEL, form, is_labelled):
    context, start, *endings = cells[: len(_SWAG)]
    yield questions.Question(
      place,
      context,
      questions.after(start, endings),
      _label(place, cells[-1]) if is_labelled else None,
    )


def own(
  path: str,
  form: table_form.TableForm,
  options: settings.MultipleChoiceSettings,
  is_labelled: bool,
) -> Iterator[questions.Question]:
  """The questions of a table; empty cells at the end are no choices.

  Raises:
    OSError: There is no such file.
    ValueError: A column is missing, or a row is not as it should be.
  """
  names = table_columns.of(path, form)
  question = options.question_column
  if question is None and _QUESTION in names:
    question = _QUESTION
  endings = _endings(path, names, options.ending_prefix)
  columns = [options.context_column, *([question] if question else [])]
  wanted = [*columns, *([options.label_column] if is_labelled else [])]
  missing = [name for name in wanted if name not in names]
  if missing:
    raise ValueError(
      f"{path}: no column named {missing[0]!r} "
      f"(found: {delimited_rows.listed(names)}); choose others with "
      "--context_column, --question_column, --ending_prefix, --label_column"
    )
  form = dataclasses.replace(form, optional_prefix=options.ending_prefix)
  for place, cells in _rows(
    path, [*columns, *endings], options.label_column, form, is_labelled
  ):
    asked = cells[1] if question else ""
    given = cells[len(columns) : len(columns) + len(endings)]
    yield questions.Question(
      place,
      cells[0],
      questions.after(asked, _without_end(place, endings, given)),
      _label(place, cells[-1]) if is_labelled else None,
    )


def _rows(
  path: str,
  columns: Sequence[str],
  label: str,
  form: table_form.TableForm,
  is_labelled: bool,
) -> Iterator[tuple[str, tuple[str, ...]]]:
  """Each row's place and cells, the label's last."""
  wanted = [*columns, *([label] if is_labelled else [])]
  for row in table_reader.rows(path, wanted, form):
    place = table_reader.place(path, row.number)
    if row.problem:
      raise ValueError(f"{place}: {row.problem}")
    yield place, row.cells


def _endings(path: str, names: Sequence[str], prefix: str) -> list[str]:
  """The columns of choices, by their numbers."""
  numbers = {
    int(name.removeprefix(prefix)): name
    for name in names
    if name.startswith(prefix) and _WHOLE.fullmatch(name.removeprefix(prefix))
  }
  found = [numbers[number] for number in sorted(numbers)]
  if len(found) < 2 or sorted(numbers) != list(range(len(found))):
    raise ValueError(
      f"{path}: expected columns {prefix}0, {prefix}1 and so on, found "
      f"{delimited_rows.listed(found)} (of {delimited_rows.listed(names)}); "
      "another beginning of their names is given by --ending_prefix"
    )
  return found


def _without_end(
  place: str, names: Sequence[str], cells: Sequence[str]
) -> list[str]:
  """The choices of a row, which may have fewer than others."""
  count = len(cells)
  while count and not cells[count - 1].strip():
    count -= 1
  for name, cell in zip(names, cells[:count], strict=False):
    if not cell.strip():
      raise ValueError(
        f"{place}: {name} is empty, and {names[count - 1]} is not; choices "
        "that are not there have to be the last ones"
      )
  return list(cells[:count])


def _label(place: str, cell: str) -> int:
  if not _WHOLE.fullmatch(cell.strip()):
    raise ValueError(
      f"{place}: the label is {cell[:40]!r}, expected the number of a choice, "
      "from 0"
    )
  return int(cell)
