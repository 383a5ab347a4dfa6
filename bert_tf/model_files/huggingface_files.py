"""Takes the files of a model of Hugging Face, `hf:ORG/NAME`."""

import dataclasses
import os
import re
from urllib import parse

from bert_tf.model_files import download_settings, downloads
from bert_tf.system import files

PREFIX = "hf:"
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_NAME = re.compile(rf"hf:((?:{_PART}/)?{_PART})(?:@({_PART}))?")
_MAIN = "main"
# In the cache: a folder for each model, and none within another's. No name has
# two dashes in a row.
_FOLDER = "huggingface"
_SLASH = "--"

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = f"{WEIGHTS}.index.json"
# What says how text is read; each model has some of them.
_TEXT = ("vocab.txt", "tokenizer_config.json", "tokenizer.json")
_SHARD = re.compile(rf"{_PART}\.safetensors")


@dataclasses.dataclass(frozen=True)
class HuggingFaceFiles:
  """A source of `model_cache`.

  Attributes:
    repository: `ORG/NAME`, or `NAME` alone for some old models.
    revision: A branch, a tag or a commit.
  """

  repository: str
  revision: str = _MAIN

  @property
  def name(self) -> str:
    """See `model_cache.Source`."""
    at = "" if self.revision == _MAIN else f"@{self.revision}"
    return f"{PREFIX}{self.repository}{at}"

  @property
  def place(self) -> str:
    """See `model_cache.Source`."""
    name = self.name.removeprefix(PREFIX).replace("/", _SLASH)
    return os.path.join(_FOLDER, name)

  def url(self, file: str, settings: download_settings.DownloadSettings) -> str:
    """The address of a file."""
    base = f"{settings.huggingface}/{self.repository}/resolve"
    return f"{base}/{self.revision}/{parse.quote(file)}"

  def fetch(
    self, work: str, settings: download_settings.DownloadSettings
  ) -> str:
    """See `model_cache.Source`.

    Raises:
      downloads.NotFoundError: There is no such model, or it has no weights
        that can be read.
      downloads.DownloadError: A file cannot be downloaded.
      ValueError: The list of its files is damaged.
    """
    folder = os.path.join(work, "files")
    os.makedirs(folder, exist_ok=True)
    try:
      self._file(CONFIG, folder, settings)
    except downloads.NotFoundError as error:
      raise downloads.NotFoundError(
        f"{self.name}: no such model, or not a public one: {error}"
      ) from error
    for name in _TEXT:
      self._has(name, folder, settings)
    if not self._has(WEIGHTS, folder, settings):
      if not self._has(INDEX, folder, settings):
        raise downloads.NotFoundError(
          f"{self.name} has no {WEIGHTS}. Pickled weights (pytorch_model.bin) "
          "can run programs and are not read; tf_model.h5 is not read either"
        )
      for name in _shards(os.path.join(folder, INDEX)):
        self._file(name, folder, settings)
    for name in os.listdir(folder):
      if name.endswith((".part", ".part.json")):
        os.remove(os.path.join(folder, name))
    return folder

  def _has(
    self, name: str, folder: str, settings: download_settings.DownloadSettings
  ) -> bool:
    """Downloads a file that a model may lack.

    Raises:
      downloads.ForbiddenError: It may be there. Without it the model might read
        text in another way.
    """
    try:
      self._file(name, folder, settings)
    except downloads.ForbiddenError as error:
      raise downloads.ForbiddenError(
        f"{error}; it may say how text is read, and is not left out: try "
        "again, or let the mirror answer 404 where there is no file"
      ) from error
    except downloads.NotFoundError:
      return False
    return True

  def _file(
    self, name: str, folder: str, settings: download_settings.DownloadSettings
  ) -> None:
    path = os.path.join(folder, name)
    if not os.path.exists(path):  # An earlier attempt may have come this far.
      downloads.fetch(self.url(name, settings), path, settings)


def find(name: str) -> HuggingFaceFiles:
  """The model that `hf:ORG/NAME` or `hf:ORG/NAME@REVISION` means.

  Raises:
    ValueError: It is not of that form.
  """
  found = _NAME.fullmatch(name)
  if not found:
    raise ValueError(
      f"{name!r}: expected {PREFIX}ORG/NAME or {PREFIX}ORG/NAME@REVISION"
    )
  return HuggingFaceFiles(found[1], found[2] or _MAIN)


def name_of(place: str) -> str | None:
  """The name of a model by its place in the cache; None if it is another's."""
  folder, _, name = place.partition(os.sep)
  return PREFIX + name.replace(_SLASH, "/") if folder == _FOLDER else None


def _shards(index: str) -> list[str]:
  """The files that an index of weights names."""
  weight_map = files.read_json(index).get("weight_map")
  names = weight_map.values() if isinstance(weight_map, dict) else ()
  for name in names:
    if not _SHARD.fullmatch(str(name)):
      raise ValueError(f"{index}: names {name!r}, expected safetensors files")
  if not names:
    raise ValueError(f"{index}: expected a weight_map, found {weight_map!r}")
  return sorted(set(map(str, names)))
