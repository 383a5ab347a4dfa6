"""Zips and folders like the published ones, of made-up models."""

import dataclasses
import io
import json
import zipfile

from bert_tf.model_files import download_settings, google_models

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
