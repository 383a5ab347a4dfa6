"""Names of hidden files that lie beside others and tell something of them."""

import os
import re

_PATTERN = re.compile(r"\..+\.bert_tf-records\.json", re.DOTALL)


def of_records(path: str) -> str:
  """The file that tells how many records a record file has."""
  folder, name = os.path.split(path)
  return os.path.join(folder, f".{name}.bert_tf-records.json")


def is_one(path: str) -> bool:
  """Whether a file is such a one, which no pattern of data files means."""
  return bool(_PATTERN.fullmatch(os.path.basename(path)))
