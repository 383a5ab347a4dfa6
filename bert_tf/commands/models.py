"""Lists the models that are known by name, and what is cached of them.

Wherever a command takes --init_checkpoint, and in `from_checkpoint`, such a
name stands for the model. It is downloaded when it is first used.

Example:
  bert_tf models --download=uncased_L-12_H-768_A-12
"""

import os
from collections.abc import Iterator

from absl import flags

from bert_tf.model_files import (
  download_settings,
  google_models,
  google_zip,
  huggingface_files,
  model_cache,
  model_names,
)

FLAGS = flags.FLAGS

_MB = 10**6
_ROW = "{:<35} {:<10} {:<8} {:<13} {:>10} {:>8}  {}"

flags.DEFINE_string(
  "download", None, "Name of a model to download, or hf:ORG/NAME."
)
flags.DEFINE_bool(
  "verify", False, "Read all cached files and compare their SHA-256."
)


def main() -> None:
  """Prints the lists, or does what the flags ask for."""
  settings = download_settings.DownloadSettings.from_environment()
  if FLAGS.download:
    print(model_names.resolve(FLAGS.download, settings))
  if FLAGS.verify:
    _verify(settings)
  if not FLAGS.download and not FLAGS.verify:
    print("\n".join(_listed(settings)))


def _listed(settings: download_settings.DownloadSettings) -> Iterator[str]:
  found = model_cache.cached(settings)
  yield _ROW.format(
    "name", "date", "case", "languages", "vocabulary", "weights", "cached"
  )
  for model in google_models.MODELS:
    place = google_zip.GoogleZip(model).place
    is_first = google_models.find(model.name) is model
    yield _ROW.format(
      model.name if is_first else model.path,
      model.date,
      "cased" if model.cased else "uncased",
      model.languages,
      model.vocab_size,
      f"{model.weights_bytes // _MB} MB",
      "yes" if place in found else "",
    ).rstrip()
  for place, size in found.items():
    name = huggingface_files.name_of(place)
    if name:
      yield f"{name}, {size // _MB} MB, cached"
  yield ""
  yield f"zips: {settings.google}/DATE/NAME.zip"
  yield f"cache: {settings.home}, {sum(found.values()) // _MB} MB"


def _verify(settings: download_settings.DownloadSettings) -> None:
  for place in model_cache.cached(settings):
    path = os.path.join(settings.home, place)
    model_cache.check(path, thorough=True)
    print(f"{path}: unchanged")
