"""What a path or a name stands for: the one place that decides."""

import os

from bert_tf.model_files import (
  download_settings,
  google_models,
  google_zip,
  huggingface_files,
  model_cache,
)
from bert_tf.system import files


def resolve(
  path: str | os.PathLike[str],
  settings: download_settings.DownloadSettings | None = None,
) -> str:
  """The path of a model that is given by its path or by its name.

  A path that exists is meant as a path, whatever else has that name.

  Args:
    path: A path; `NAME` or `DATE/NAME` of `google_models`; or `hf:ORG/NAME`.
    settings: Where to download from, and where to; None asks the environment.

  Returns:
    The path as it is; or the folder of the model in the cache, downloaded if
    need be.

  Raises:
    FileNotFoundError: It is a single word, neither a path nor a name.
    downloads.DownloadError: The model cannot be downloaded.
    ValueError: The model is not what it should be.
  """
  text = os.fspath(path)
  source = None if _is_there(text) else find(text)
  if source is None:
    return text
  if settings is None:
    settings = download_settings.DownloadSettings.from_environment()
  return model_cache.folder(source, settings)


def download_model(name: str | os.PathLike[str]) -> str:
  """Returns the folder of a model, which is downloaded if need be.

  Args:
    name: One of Google's models, such as `uncased_L-12_H-768_A-12` (`bert_tf
      models` lists them), or `hf:ORG/NAME` of Hugging Face. A path that exists
      is returned as it is.

  Raises:
    FileNotFoundError: There is no such model.
    OSError: It cannot be downloaded.
    ValueError: It is not what it should be.
  """
  return resolve(name)


def find(name: str) -> model_cache.Source | None:
  """What a name stands for; None if it can only be a path.

  Raises:
    FileNotFoundError: It is a single word that is no name.
    ValueError: It starts with `hf:`, and is not a name of Hugging Face.
  """
  if name.startswith(huggingface_files.PREFIX):
    return huggingface_files.find(name)
  model = google_models.find(name.rstrip("/"))
  if model is not None:
    return google_zip.GoogleZip(model)
  is_path = files.is_remote(name) or os.path.dirname(name) or "." in name
  if is_path or not name:
    return None
  near = " or ".join(google_models.similar(name))
  meant = f"did you mean {near}? " if near else ""
  raise FileNotFoundError(
    f"{name}: there is no such file or folder, and no model of that name; "
    f"{meant}`bert_tf models` lists the names, and hf:ORG/NAME is a model of "
    "Hugging Face"
  )


def is_name(text: str) -> bool:
  """Whether a text is the name of a model, and not a path that exists."""
  is_known = text.startswith(huggingface_files.PREFIX) or (
    google_models.find(text.rstrip("/")) is not None
  )
  return is_known and not _is_there(text)


def _is_there(path: str) -> bool:
  """Whether a path, or the checkpoint that it is the prefix of, exists."""
  if files.is_remote(path):
    return True  # No name has a scheme.
  return os.path.exists(path) or os.path.exists(f"{path}.index")
