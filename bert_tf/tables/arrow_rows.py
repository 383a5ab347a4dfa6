"""Parquet files and datasets saved on disk, by pyarrow.

`datasets.Dataset.save_to_disk` writes a folder: state.json names the files in
Arrow's stream format, dataset_info.json the names of classes that columns of
numbers stand for. Parquet files that it writes have these in their schema.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bert_tf.system import files
from bert_tf.tables import cell_text, delimited_rows, table_form

STATE = "state.json"
_INFO = "dataset_info.json"
_SCHEMA_KEY = b"huggingface"


def parquet_rows(
  path: str, columns: Sequence[str], form: table_form.TableForm
) -> Iterator[table_form.Row]:
  """The rows of a Parquet file.

  Raises:
    ImportError: pyarrow is not installed.
    ValueError: It is no Parquet file, or a column is missing.
  """
  arrow = _pyarrow(path)
  import pyarrow.parquet

  with files.open_file(path) as file:
    source = arrow.BufferReader(file.read())
  with _naming(arrow, path, "not a Parquet file"):
    table = pyarrow.parquet.ParquetFile(source)
    names = table.schema_arrow.names
  _check_columns(path, names, columns)
  with _naming(arrow, path, "a damaged Parquet file"):
    found = table.read(list(dict.fromkeys(columns)))
    classes = _class_names(table.schema_arrow, {})
    values = _values(found, columns)
  yield from _rows(values, columns, form, classes)


def dataset_rows(
  folder: str, columns: Sequence[str], form: table_form.TableForm
) -> Iterator[table_form.Row]:
  """The rows of a dataset saved on disk.

  Raises:
    ImportError: pyarrow is not installed.
    ValueError: A file is damaged, or a column is missing.
  """
  arrow = _pyarrow(folder)
  tables = [_stream(arrow, path) for path in data_files(folder)]
  with _naming(arrow, folder, "a damaged schema"):
    names = tables[0].schema.names
  _check_columns(folder, names, columns)
  info_path = os.path.join(folder, _INFO)
  info = files.read_json(info_path) if files.exists(info_path) else {}
  with _naming(arrow, folder, "damaged files"):
    found = arrow.concat_tables(
      [table.select(list(dict.fromkeys(columns))) for table in tables]
    )
    classes = _class_names(tables[0].schema, info)
    values = _values(found, columns)
  yield from _rows(values, columns, form, classes)


def parquet_names(path: str) -> list[str]:
  """The columns of a Parquet file; errors as of `parquet_rows`."""
  arrow = _pyarrow(path)
  import pyarrow.parquet

  with files.open_file(path) as file:
    source = arrow.BufferReader(file.read())
  with _naming(arrow, path, "not a Parquet file"):
    return list(pyarrow.parquet.ParquetFile(source).schema_arrow.names)


def dataset_names(folder: str) -> list[str]:
  """The columns of a dataset saved on disk; errors as of `dataset_rows`."""
  arrow = _pyarrow(folder)
  path = data_files(folder)[0]
  with _naming(arrow, folder, "a damaged schema"):
    return list(_stream(arrow, path).schema.names)


def data_files(folder: str) -> list[str]:
  """The files of a dataset saved on disk, in their order.

  Raises:
    ValueError: It names none, or chooses among their rows.
  """
  path = os.path.join(folder, STATE)
  state = files.read_json(path)
  if state.get("_indices_data_files"):
    raise ValueError(
      f"{path}: its rows are chosen by a file of indices; save it once more, "
      "with a current version of datasets"
    )
  listed = state.get("_data_files")
  named = listed if isinstance(listed, list) and listed else [None]
  names = [x.get("filename") if isinstance(x, dict) else None for x in named]
  if not all(isinstance(name, str) for name in names):
    raise ValueError(f"{path}: found no names of files in '_data_files'")
  return [os.path.join(folder, str(name)) for name in names]


def _pyarrow(path: str) -> Any:
  try:
    import pyarrow
  except ImportError as error:
    raise ImportError(
      f"reading {path} needs pyarrow, which is not installed: pip install "
      f"'bert_tf[tables]', or pip install pyarrow ({error})"
    ) from error
  return pyarrow


def _stream(arrow: Any, path: str) -> Any:
  with files.open_file(path) as file:
    data = file.read()
  with _naming(arrow, path, "not an Arrow stream"):
    return arrow.ipc.open_stream(arrow.BufferReader(data)).read_all()


@contextlib.contextmanager
def _naming(arrow: Any, path: str, what: str) -> Iterator[None]:
  """Makes errors of pyarrow name the file."""
  try:
    yield
  except (
    *(arrow.ArrowException, OSError, ValueError, TypeError, KeyError),
    AttributeError,
  ) as error:
    raise ValueError(f"{path}: {what}: {error}") from None


def _check_columns(
  path: str, names: Sequence[str], columns: Sequence[str]
) -> None:
  for column in columns:
    if column not in names:
      raise ValueError(
        f"{path}: no column named {column!r} "
        f"(found: {delimited_rows.listed(names)}); choose others with "
        "--text_column, --text_pair_column, --label_column"
      )


def _class_names(
  schema: Any, info: Mapping[str, Any]
) -> dict[str, Sequence[str]]:
  """The names of classes by column, where numbers stand for them."""
  stored = json.loads((schema.metadata or {}).get(_SCHEMA_KEY, b"{}"))
  features = info.get("features") or stored.get("info", {}).get("features", {})
  found = {}
  for name, feature in features.items():
    # Of a list of classes, the feature of its items tells them.
    while isinstance(feature, dict) and isinstance(
      feature.get("feature"), dict
    ):
      feature = feature["feature"]
    if isinstance(feature, dict) and feature.get("_type") == "ClassLabel":
      found[name] = feature["names"]
  return found


def _values(table: Any, columns: Sequence[str]) -> list[list[Any]]:
  """The values of each column; what is damaged must not be followed."""
  table.validate(full=True)
  return [table.column(name).to_pylist() for name in columns]


def _rows(
  values: Sequence[Sequence[Any]],
  columns: Sequence[str],
  form: table_form.TableForm,
  classes: Mapping[str, Sequence[str]],
) -> Iterator[table_form.Row]:
  for number, row in enumerate(zip(*values, strict=True), 1):
    try:
      cells = tuple(
        cell_text.of_value(
          name, _named(value, classes.get(name)), form.list_separator
        )
        for name, value in zip(columns, row, strict=True)
      )
    except cell_text.CellError as error:
      yield table_form.Row(number, (), str(error))
    else:
      yield table_form.Row(number, cells)


def _named(value: Any, names: Sequence[str] | None) -> Any:
  """The class that a number stands for; -1 is none."""
  if names is not None and isinstance(value, list):
    return [_named(item, names) for item in value]
  if names is None or not isinstance(value, int):
    return value
  if value == -1:
    return None
  if not 0 <= value < len(names):
    raise cell_text.CellError(
      f"the class {value}, of {len(names)}: {', '.join(names)}"
    )
  return names[value]
