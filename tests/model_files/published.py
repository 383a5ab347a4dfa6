"""Zips and folders like the published ones, of made-up models."""

import dataclasses
import io
import json
import pathlib
import tempfile
import zipfile

from bert_tf.model_files import (
  download_settings,
  google_models,
  model_cache,
  safe_unzip,
)

WEIGHTS = "bert_model.ckpt.data-00000-of-00001"
# A model small enough that its weights are a few bytes in tests.
MODEL = google_models.GoogleModel(
  "2018_10_18", "uncased_L-1_H-8_A-2", False, "English", 11, 1, 8, 2
)
PATH = "/2018_10_18/uncased_L-1_H-8_A-2.zip"
CONFIG = {
  "vocab_size": 11,
  "num_hidden_layers": 1,
  "hidden_size": 8,
  "num_attention_heads": 2,
}
FILES = {
  "bert_config.json": json.dumps(CONFIG).encode(),
  "vocab.txt": b"[PAD]\n",
  "bert_model.ckpt.index": b"index",
  "bert_model.ckpt.meta": b"meta",
  WEIGHTS: b"weights" * 500,
}


def zipped(files, folder=""):
  """The bytes of a zip, its files below a folder or not."""
  written = io.BytesIO()
  with zipfile.ZipFile(written, "w") as archive:
    for name, data in files.items():
      archive.writestr(folder + name, data)
  return written.getvalue()


def settings(home, url, **others):
  """Settings for a server on loopback, which is not waited for long."""
  made = download_settings.DownloadSettings(
    str(home), google=url, huggingface=url, timeout=0.5, attempts=2, pause=0.001
  )
  return dataclasses.replace(made, **others)


def write_zip(folder):
  """Writes the zip of the model."""
  (folder / "a.zip").write_bytes(zipped(FILES, "a/"))


def read_zip(folder):
  """What it unpacks to, bytes by name."""
  with tempfile.TemporaryDirectory() as unpacked:
    safe_unzip.unpack(str(folder / "a.zip"), unpacked, 1 << 20)
    return {
      str(path.relative_to(unpacked)): path.read_bytes()
      for path in pathlib.Path(unpacked).rglob("*")
      if path.is_file()
    }


def write_cached(folder):
  """Writes the model as a cache has it, its checksums beside it."""
  (folder / "model").mkdir()
  for name, data in FILES.items():
    (folder / "model" / name).write_bytes(data)
  model_cache.check(str(folder / "model"))
