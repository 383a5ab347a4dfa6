"""Where models are served from: `NAME=DIR`, and the versions in a folder."""

import dataclasses
import os
import re
from collections.abc import Iterable

from bert_tf.checkpoints import object_graph
from bert_tf.system import files

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ONLY_VERSION = 1  # of a SavedModel whose folder is no number


@dataclasses.dataclass(frozen=True)
class ModelSource:
  """A model to serve.

  Attributes:
    name: What clients call it.
    folder: A SavedModel, or a folder with numbered versions of one.
  """

  name: str
  folder: str

  def versions(self) -> dict[int, str]:
    """The folders of the versions that are there, by number."""
    if _is_saved_model(self.folder):
      name = os.path.basename(self.folder)
      number = int(name) if _is_number(name) else _ONLY_VERSION
      return {number: self.folder}
    return {
      int(name): os.path.join(self.folder, name)
      for name in files.names_in(self.folder)
      if _is_number(name) and _is_saved_model(os.path.join(self.folder, name))
    }

  def fingerprint(self, version: int) -> object:
    """Changes when the files of a version do; None if it is gone."""
    folder = self.versions().get(version)
    if folder is None or files.is_remote(folder):
      return folder
    found = []
    for inner, _, names in os.walk(folder):
      for name in names:
        try:
          about = os.stat(os.path.join(inner, name))
        except FileNotFoundError:
          continue  # is being copied or removed
        found.append((inner, name, about.st_size, about.st_mtime_ns))
    return tuple(sorted(found))


def parse(values: Iterable[str]) -> list[ModelSource]:
  """The models of `DIR` or `NAME=DIR`, several with commas between them.

  Raises:
    ValueError: A name cannot be one, or stands for two models.
  """
  found: dict[str, ModelSource] = {}
  for value in (part for x in values for part in x.split(",") if part.strip()):
    name, equals, folder = value.strip().partition("=")
    if not equals or "/" in name:
      name, folder = "", value.strip()
    folder = folder if folder == "/" else folder.rstrip("/")
    source = ModelSource(name or _name_of(folder), folder)
    if not _NAME.fullmatch(source.name):
      raise ValueError(
        f"--saved_model={value}: {source.name!r} cannot be a model's name; "
        "expected letters, digits, dots, dashes and underscores: give NAME=DIR"
      )
    if source.name in found:
      raise ValueError(
        f"--saved_model: {found[source.name].folder} and {folder} are both "
        f"called {source.name!r}; give them names as in NAME=DIR"
      )
    found[source.name] = source
  if not found:
    raise ValueError("--saved_model: expected DIR or NAME=DIR, found nothing")
  return list(found.values())


def _name_of(folder: str) -> str:
  """The last name of a path that is no version's number."""
  path = folder if files.is_remote(folder) else os.path.abspath(folder)
  above, name = os.path.split(path)
  return os.path.basename(above) if _is_number(name) else name


def _is_number(name: str) -> bool:
  return name.isascii() and name.isdecimal()


def _is_saved_model(folder: str) -> bool:
  return files.exists(os.path.join(folder, object_graph.SAVED_MODEL))
