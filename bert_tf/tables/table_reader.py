"""The one reader of tables: TSV, CSV, JSON Lines, Parquet, saved datasets."""

from collections.abc import Iterator, Sequence

from bert_tf.tables import (
  arrow_rows,
  delimited_rows,
  json_rows,
  table_files,
  table_form,
  text_encoding,
)


def rows(
  path: str,
  columns: Sequence[table_form.Column],
  form: table_form.TableForm,
  has_header: bool = True,
) -> Iterator[table_form.Row]:
  """Reads a table, its form told by the ending of its name.

  Args:
    path: The file, or the folder of a dataset saved on disk.
    columns: Those that are wanted, by name; in TSV and CSV also by number.
    form: How it is read.
    has_header: Whether the first row of TSV and CSV names the columns.

  Yields:
    Each row, with the cells of these columns; one that cannot be read has a
    problem instead.

  Raises:
    OSError: There is no such file.
    ImportError: pyarrow is needed and not installed.
    ValueError: It is none of these forms, or lacks a column.
  """
  kind = table_files.kind(path)
  if kind in table_files.SEPARATORS:
    lines = text_encoding.read_lines(path, form.encoding)
    yield from delimited_rows.rows(
      path, lines, table_files.SEPARATORS[kind], columns, form, has_header
    )
    return
  names = [str(column) for column in columns]
  if kind == "jsonl":
    lines = text_encoding.read_lines(path, form.encoding)
    yield from json_rows.rows(path, lines, names, form)
  elif kind == "parquet":
    yield from arrow_rows.parquet_rows(path, names, form)
  else:
    yield from arrow_rows.dataset_rows(path, names, form)


def place(path: str, number: int) -> str:
  """Where a row stands, for messages."""
  is_text = table_files.kind(path) in ("tsv", "csv", "jsonl")
  return f"{path}:{number}" if is_text else f"{path}, row {number}"
