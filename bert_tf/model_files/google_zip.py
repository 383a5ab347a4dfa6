"""Takes one of Google's models from its zip."""

import dataclasses
import os
import shutil

from absl import logging

from bert_tf.model_files import (
  download_settings,
  downloads,
  google_models,
  safe_unzip,
)
from bert_tf.system import files

CONFIG = "bert_config.json"
WEIGHTS = "bert_model.ckpt.data-00000-of-00001"
INDEX = "bert_model.ckpt.index"
_NEEDED = (CONFIG, "vocab.txt", INDEX, WEIGHTS)
# Beside the weights lie the graph and the vocabulary.
_MORE_BYTES = 64 << 20


@dataclasses.dataclass(frozen=True)
class GoogleZip:
  """A source of `model_cache`."""

  model: google_models.GoogleModel

  @property
  def name(self) -> str:
    """See `model_cache.Source`."""
    return self.model.name

  @property
  def place(self) -> str:
    """See `model_cache.Source`."""
    return os.path.join("google", *self.model.path.split("/"))

  def url(self, settings: download_settings.DownloadSettings) -> str:
    """The address of the zip."""
    return f"{settings.google}/{self.model.path}.zip"

  def fetch(
    self, work: str, settings: download_settings.DownloadSettings
  ) -> str:
    """See `model_cache.Source`; what is damaged is downloaded once more.

    Raises:
      downloads.DownloadError: It cannot be downloaded, or is damaged again.
      ValueError: The zip holds another model.
    """
    url = self.url(settings)
    path = os.path.join(work, f"{self.model.name}.zip")
    unpacked = os.path.join(work, "unpacked")
    for is_last in (False, True):
      if not os.path.exists(path):
        downloads.fetch(url, path, settings)
      shutil.rmtree(unpacked, ignore_errors=True)
      os.makedirs(unpacked)
      try:
        limit = self.model.weights_bytes + _MORE_BYTES
        safe_unzip.unpack(path, unpacked, limit)
        break
      except safe_unzip.UnsafeZipError as error:
        downloads.discard(path)
        raise safe_unzip.UnsafeZipError(f"{url}: {error}") from error
      except safe_unzip.DamagedZipError as error:
        downloads.discard(path)
        if is_last:
          raise downloads.DownloadError(
            f"{url}: downloaded twice, and damaged both times: {error}"
          ) from error
        logging.warning("%s: %s; downloading it again", url, error)
    found = _folder_of_the_model(url, unpacked)
    self._check(url, found)
    downloads.discard(path)
    return found

  def _check(self, url: str, folder: str) -> None:
    """Checks that it is the model, not another one in its place."""
    config = files.read_json(os.path.join(folder, CONFIG))
    for key, expected in {
      "vocab_size": self.model.vocab_size,
      "num_hidden_layers": self.model.layers,
      "hidden_size": self.model.hidden_size,
      "num_attention_heads": self.model.heads,
    }.items():
      if config.get(key) != expected:
        raise ValueError(
          f"{url}: {CONFIG} says {key} {config.get(key)}, expected {expected}: "
          f"it is not the model {self.model.name}"
        )
    expected_sha256 = self.model.weights_sha256
    if expected_sha256 is None:
      return
    found = downloads.sha256(os.path.join(folder, WEIGHTS))
    if found != expected_sha256:
      raise ValueError(
        f"{url}: {WEIGHTS} has the SHA-256 {found}, expected "
        f"{expected_sha256}: it is not the model that Google published"
      )


def _folder_of_the_model(url: str, unpacked: str) -> str:
  """The folder with the model; the small models' zips have none around it."""
  found = [root for root, _, names in os.walk(unpacked) if INDEX in names]
  if len(found) != 1:
    raise ValueError(
      f"{url}: expected one {INDEX} in the zip, found {len(found)}"
    )
  missing = [
    name for name in _NEEDED if not os.path.isfile(os.path.join(found[0], name))
  ]
  if missing:
    raise ValueError(f"{url}: the zip has no {', '.join(missing)}")
  for entry in os.scandir(found[0]):
    if entry.is_dir():  # Such as what macOS puts beside.
      shutil.rmtree(entry.path)
  return found[0]
