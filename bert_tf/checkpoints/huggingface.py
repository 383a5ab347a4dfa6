"""Reading Hugging Face folders: config.json and model.safetensors.

Only safetensors files are read; they hold numbers and nothing that runs.
"""

import json
import os
import re
from typing import Any

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf import config as config_lib
from bert_tf import files

CONFIG = "config.json"
WEIGHTS = "model.safetensors"

# Their names to Google's, applied in order.
_RENAMED = (
  (r"^bert\.", ""),
  (r"^(?=(embeddings|encoder|pooler)\.)", "bert."),
  (r"\.layer\.(\d+)\.", r".layer_\1."),
  (r"_embeddings\.weight$", "_embeddings"),
  (r"LayerNorm\.weight$", "LayerNorm.gamma"),
  (r"LayerNorm\.bias$", "LayerNorm.beta"),
  (r"^cls\.predictions\.bias$", "cls.predictions.output_bias"),
  (r"^cls\.seq_relationship\.weight$", "cls.seq_relationship.output_weights"),
  (r"^cls\.seq_relationship\.bias$", "cls.seq_relationship.output_bias"),
  (r"\.weight$", ".kernel"),
  (r"\.", "/"),
)
# Copies of other tensors, and counters: nothing is lost without them.
_LEFT_OUT = re.compile(
  r"position_ids$|^cls\.predictions\.decoder\.|num_batches_tracked$"
)
_CONFIG_KEYS = set(config_lib.BertConfig(vocab_size=1).to_dict())


def google_name(name: str) -> str:
  """The name in Google's checkpoints of a tensor of theirs.

  Both namings of LayerNorm's variables are known, `weight` and `gamma`.
  """
  for pattern, replacement in _RENAMED:
    name = re.sub(pattern, replacement, name)
  return name


def read_config(folder: str) -> config_lib.BertConfig:
  """The configuration of a folder.

  Their "gelu" is the exact form by erf, Google's the tanh form; the model runs
  with the latter, which differs by at most 5e-4 in each activation.

  Raises:
    FileNotFoundError: There is no config.json.
    ValueError: It is not that of a BERT.
  """
  path = os.path.join(folder, CONFIG)
  with files.open_file(path, "r") as file:
    values = json.load(file)
  if values.get("model_type", "bert") != "bert":
    raise ValueError(
      f"{path}: model_type is {values['model_type']!r}, expected 'bert'"
    )
  known = {key: values[key] for key in values if key in _CONFIG_KEYS}
  if known.get("hidden_act") == "gelu":
    logging.warning("%s: hidden_act gelu (erf) is run in its tanh form", path)
  if str(known.get("hidden_act")) in ("gelu_new", "gelu_pytorch_tanh"):
    known["hidden_act"] = "gelu"
  try:
    return config_lib.BertConfig.from_dict(known)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from error


def read_weights(folder: str) -> dict[str, npt.NDArray[Any]]:
  """All tensors by Google's names, float32, kernels [in, out].

  Raises:
    FileNotFoundError: There is no model.safetensors.
    ValueError: The file is damaged.
  """
  import safetensors
  import safetensors.numpy

  path = os.path.join(folder, WEIGHTS)
  if not files.exists(path):
    raise FileNotFoundError(
      f"{path} is not there; pickled weights (pytorch_model.bin) are not read: "
      "save the model again with safe_serialization"
    )
  try:
    tensors = safetensors.numpy.load_file(path)
  except (safetensors.SafetensorError, OSError) as error:
    raise ValueError(f"{path}: damaged: {error}") from error
  found = {}
  for name, tensor in tensors.items():
    if _LEFT_OUT.search(name):
      continue
    renamed = google_name(name)
    value = tensor.T if renamed.endswith("/kernel") else tensor
    found[renamed] = np.ascontiguousarray(value, np.float32)
  return found
