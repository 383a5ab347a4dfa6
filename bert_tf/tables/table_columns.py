"""Which columns a table has, where they need to be known before it is read."""

from bert_tf.tables import (
  arrow_rows,
  delimited_rows,
  json_rows,
  table_files,
  table_form,
  text_encoding,
)


def of(path: str, form: table_form.TableForm) -> list[str]:
  """The names of a table's columns; of JSON Lines those of any line.

  Args:
    path: As of `table_reader.rows`.
    form: How it is read.

  Raises:
    OSError: There is no such file.
    ImportError: pyarrow is needed and not installed.
    ValueError: It is not a table, or its header cannot be read.
  """
  kind = table_files.kind(path)
  if kind == "parquet":
    return arrow_rows.parquet_names(path)
  if kind == "dataset":
    return arrow_rows.dataset_names(path)
  lines = text_encoding.read_lines(path, form.encoding)
  if kind == "jsonl":
    return json_rows.names(lines)
  separator = table_files.SEPARATORS[kind]
  found = delimited_rows.split(lines, separator, form.is_quoted(separator))
  number, names, problem = next(found, (1, [], None))
  if problem:
    raise ValueError(f"{path}:{number}: {problem}")
  return names
