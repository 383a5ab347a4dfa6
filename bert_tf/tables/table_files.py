"""Which forms of tables there are, and which file of a folder is a split."""

import os
from collections.abc import Sequence

from bert_tf.system import files
from bert_tf.tables import arrow_rows

SEPARATORS = {"tsv": "\t", "csv": ","}
_FOLDER = "dataset"
# Form by ending; those of text also with .gz after it.
_TEXT = {
  ".tsv": "tsv",
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "jsonl",
}
_KINDS = (_TEXT | {f"{end}.gz": kind for end, kind in _TEXT.items()}) | {
  ".parquet": "parquet"
}


def kind(path: str) -> str:
  """The form of a table: tsv, csv, jsonl, parquet or dataset.

  Raises:
    ValueError: Its name tells none.
  """
  for ending, name in _KINDS.items():
    if path.endswith(ending):
      return name
  if files.exists(os.path.join(path, arrow_rows.STATE)):
    return _FOLDER
  raise ValueError(
    f"{path}: expected a name that ends in {', '.join(_KINDS)}, or a dataset "
    "that was saved on disk"
  )


def parts(path: str) -> list[str]:
  """The files that a table is made of.

  Raises:
    ValueError: A dataset names none.
  """
  return arrow_rows.data_files(path) if kind(path) == _FOLDER else [path]


def find(folder: str, stems: Sequence[str]) -> str:
  """The table of a split.

  Args:
    folder: The data folder.
    stems: Names of the split, such as "dev" and "validation".

  Returns:
    The file `<stem><ending>`, or the folder `<stem>` of a saved dataset.

  Raises:
    FileNotFoundError: There is none.
    ValueError: There are two.
  """
  found = [
    name
    for stem in stems
    for name in (
      *(stem + ending for ending in _KINDS),
      os.path.join(stem, arrow_rows.STATE),
    )
    if files.exists(os.path.join(folder, name))
  ]
  if len(found) > 1:
    raise ValueError(
      f"{folder}: found {' and '.join(found)}, expected one of them; remove "
      "the others"
    )
  if found:
    path = os.path.join(folder, found[0])
    is_folder = os.path.basename(path) == arrow_rows.STATE
    return os.path.dirname(path) if is_folder else path
  if files.exists(os.path.join(folder, arrow_rows.STATE)):
    raise FileNotFoundError(
      f"{folder} is one saved dataset; data_dir must hold one for each split, "
      f"such as {stems[0]}"
    )
  paths = " or ".join(os.path.join(folder, stem) for stem in stems)
  raise FileNotFoundError(
    f"no file {paths} with one of the endings {', '.join(_KINDS)}, and no "
    "dataset saved on disk of this name"
  )
