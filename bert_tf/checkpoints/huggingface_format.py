"""Hugging Face folders of a BERT: config.json and model.safetensors.

Only safetensors files are read; they hold numbers and nothing that runs.
"""

import json
import os
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  huggingface_tokenizer,
  portable_model,
)
from bert_tf.system import files, output_files

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
_INDEX = WEIGHTS + ".index.json"
_PICKLE = re.compile(r"\.(bin|pt|pth|ckpt|pkl)$")
_SAFETENSORS = ".safetensors"

# Their names to Google's, applied in order.
_RENAMED = (
  (r"^bert\.", ""),
  (r"^(?=(embeddings|encoder|pooler)\.)", "bert."),
  (r"\.layer\.(\d+)\.", r".layer_\1."),
  (r"_embeddings\.weight$", "_embeddings"),
  (r"LayerNorm\.weight$", "LayerNorm.gamma"),
  (r"LayerNorm\.bias$", "LayerNorm.beta"),
  (r"^cls\.predictions\.bias$", "cls.predictions.output_bias"),
  (r"^(cls\.seq_relationship)\.(weight|bias)$", r"\1.output_\2"),
  (r"^classifier\.(weight|bias)$", r"output_\1"),
  (r"^qa_outputs\.(weight|bias)$", r"cls.squad.output_\1"),
  (r"output_weight$", "output_weights"),
  (r"\.weight$", ".kernel"),
  (r"\.", "/"),
)
# Google's names to theirs, without the prefix "bert.".
_BACK = (
  (r"^bert/", ""),
  (r"/layer_(\d+)/", r"/layer/\1/"),
  (
    r"(_embeddings|/kernel)$",
    lambda m: m[1].replace("/kernel", "") + "/weight",
  ),
  (r"LayerNorm/gamma$", "LayerNorm/weight"),
  (r"LayerNorm/beta$", "LayerNorm/bias"),
  (r"^cls/squad/", "qa_outputs/"),
  (r"^output_", "classifier/output_"),
  (r"output_weights$", "weight"),
  (r"output_bias$", "bias"),
  (r"/", "."),
)
# Buffers, and copies of other tensors.
_LEFT_OUT = re.compile(r"position_ids$|num_batches_tracked$")
_COPIES = {
  "cls.predictions.decoder.weight": "bert/embeddings/word_embeddings",
  "cls.predictions.decoder.bias": "cls/predictions/output_bias",
}
# Of models with a classifier, by what it labels.
_CLASSIFIERS = {
  None: "BertForSequenceClassification",
  portable_model.PER_SEQUENCE: "BertForSequenceClassification",
  portable_model.PER_TOKEN: "BertForTokenClassification",
  portable_model.PER_CHOICE: "BertForMultipleChoice",
}
# By the heads that are there; the first that fits.
_ARCHITECTURES: tuple[tuple[set[str], str], ...] = (
  ({"masked_lm", "next_sentence"}, "BertForPreTraining"),
  ({"masked_lm"}, "BertForMaskedLM"),
  ({"next_sentence"}, "BertForNextSentencePrediction"),
  ({"span"}, "BertForQuestionAnswering"),
  ({"classifier"}, _CLASSIFIERS[None]),
  (set(), "BertModel"),
)
_LABELS_OF = {name: of for of, name in _CLASSIFIERS.items() if of}


def google_name(name: str) -> str:
  """The name in Google's checkpoints of a tensor of theirs.

  Both namings of LayerNorm's variables are known, `weight` and `gamma`.
  """
  for pattern, replacement in _RENAMED:
    name = re.sub(pattern, replacement, name)
  return name


def huggingface_name(name: str) -> str:
  """The other way, without the prefix `bert.`."""
  for pattern, replacement in _BACK:
    name = re.sub(pattern, replacement, name)
  return name


def read_config(folder: str) -> bert_config.BertConfig:
  """The configuration of a folder.

  Raises:
    FileNotFoundError: There is no config.json.
    ValueError: It is not that of a BERT.
  """
  path = os.path.join(folder, CONFIG)
  try:
    return bert_config.BertConfig.from_huggingface(files.read_json(path))
  except ValueError as error:
    raise ValueError(_named(path, error)) from error


def _named(path: str, error: Exception) -> str:
  return str(error) if str(error).startswith(path) else f"{path}: {error}"


def _labels(id2label: Any) -> tuple[str, ...]:
  """Labels by their numbers; none where they have no names of their own."""
  if not isinstance(id2label, Mapping):
    return ()
  try:
    found = tuple(str(id2label[str(i)]) for i in range(len(id2label)))
  except KeyError:
    return ()
  return () if found == _default_labels(len(found)) else found


def _has_labels(labels_of: str | None) -> bool:
  """Whether outputs have names; of multiple choice there is one, a score.

  Their configuration says of it, too, that it has two labels.
  """
  return labels_of != portable_model.PER_CHOICE


def _default_labels(count: int) -> tuple[str, ...]:
  return tuple(f"LABEL_{index}" for index in range(count))


def read_weights(folder: str) -> dict[str, npt.NDArray[Any]]:
  """All tensors by Google's names, kernels [in, out], float32 at least.

  Raises:
    FileNotFoundError: There is no model.safetensors.
    ValueError: A file is damaged, or the masked-LM head is not tied to the
      word embeddings.
  """
  found: dict[str, npt.NDArray[Any]] = {}
  copies: dict[str, npt.NDArray[Any]] = {}
  for file, wanted in _weight_files(folder).items():
    theirs = _read_file(file)
    missing = sorted(wanted - set(theirs))
    if missing:
      raise ValueError(
        f"{file}: {_INDEX} promises {missing[0]}; it is not here"
      )
    for name, tensor in theirs.items():
      if _LEFT_OUT.search(name):
        continue
      if name in _COPIES:
        copies[name] = tensor
        continue
      renamed = google_name(name)
      if renamed in found:
        raise ValueError(f"{file}: two tensors map to {renamed}")
      value = tensor.T if renamed.endswith("/kernel") else tensor
      found[renamed] = np.ascontiguousarray(value)
  for name, tensor in copies.items():
    of = _COPIES[name]
    if not np.array_equal(found.setdefault(of, tensor), tensor):
      raise ValueError(
        f"{folder}: {name} is not a copy of {of}, as BERT has it; no other "
        "form can hold such a head"
      )
  return dict(sorted(found.items()))


def _weight_files(folder: str) -> dict[str, set[str]]:
  """The files with weights, and what the index says is in each."""
  path, index = (os.path.join(folder, name) for name in (WEIGHTS, _INDEX))
  if files.exists(path):
    return {path: set()}
  if not files.exists(index):
    raise FileNotFoundError(_no_pickles(folder))
  weight_map = files.read_json(index).get("weight_map")
  if not isinstance(weight_map, dict) or not weight_map:
    raise ValueError(f"{index}: expected a weight_map, found {weight_map!r}")
  found: dict[str, set[str]] = {}
  for name, shard in sorted(weight_map.items()):
    file = str(shard)
    if os.path.basename(file) != file or not file.endswith(_SAFETENSORS):
      raise ValueError(
        f"{index}: names {shard!r}, expected safetensors files of this folder"
      )
    found.setdefault(os.path.join(folder, file), set()).add(name)
  return found


def _no_pickles(path: str) -> str:
  return (
    f"{path}: there is no {WEIGHTS}; pickled weights (pytorch_model.bin) can "
    "run programs when they are loaded and are not read: save the model again "
    "where you trust it, by transformers' save_pretrained"
  )


def _read_file(path: str) -> dict[str, npt.NDArray[Any]]:
  """The tensors of a file, half precision widened to float32."""
  import ml_dtypes
  import safetensors

  types = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "I64": np.int64,
  }
  try:
    with files.open_file(path) as file:
      data = file.read()
    views: Any = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
  except FileNotFoundError:
    raise
  except (safetensors.SafetensorError, OSError) as error:
    raise ValueError(f"{path}: damaged: {error}") from error
  found = {}
  for name, view in views:
    if view["dtype"] not in types:
      raise ValueError(
        f"{path}: {name} is of type {view['dtype']}, expected one of "
        f"{', '.join(types)}"
      )
    value = np.frombuffer(view["data"], types[view["dtype"]])
    found[name] = portable_model.widened(value.reshape(view["shape"]))
  return found


def _config(
  model: portable_model.Portable, tensors: Mapping[str, Any]
) -> dict[str, Any]:
  values = {
    key: value
    for key, value in model.config.to_dict().items()
    if key not in model.config.extra
  }
  act = (model.config.hidden_act or "linear").lower()
  values |= {
    "architectures": [architecture(tensors, model.labels_of)],
    "hidden_act": {"gelu": "gelu_new", "gelu_erf": "gelu"}.get(act, act),
    "layer_norm_eps": 1e-12,
    "model_type": "bert",
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "tie_word_embeddings": True,
  }
  if "output_weights" in tensors and _has_labels(model.labels_of):
    labels = model.labels or _default_labels(len(tensors["output_weights"]))
    values["id2label"] = {str(i): label for i, label in enumerate(labels)}
    values["label2id"] = {label: i for i, label in enumerate(labels)}
  return values


def architecture(tensor_names: Collection[str], labels_of: str | None) -> str:
  """The name of their class for a model with these variables."""
  found = set(portable_model.heads(tensor_names))
  name = next(name for heads, name in _ARCHITECTURES if heads <= found)
  return _CLASSIFIERS.get(labels_of, name) if found == {"classifier"} else name


class HuggingFaceFormat(checkpoint_format.WritableFormat):
  """A folder with config.json, model.safetensors and the tokenizer's files."""

  name = "huggingface"

  def mismatch(self, path: str) -> str | None:
    """See `CheckpointFormat`; a file of weights stands for its folder."""
    if _PICKLE.search(path) or path.endswith((_SAFETENSORS, _INDEX)):
      return None if files.exists(path) else "the file: there is none"
    if any(files.exists(os.path.join(path, n)) for n in (CONFIG, WEIGHTS)):
      return None
    return f"a folder with {CONFIG} or {WEIGHTS}: there is neither"

  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads a folder.

    Raises:
      FileNotFoundError: There is no config.json or no model.safetensors.
      ValueError: A file is damaged, or is not of a BERT.
    """
    del config
    if _PICKLE.search(path):
      raise ValueError(_no_pickles(path))
    folder = path
    if path.endswith((_SAFETENSORS, _INDEX)):
      folder = os.path.dirname(path) or "."
    values = files.read_json(os.path.join(folder, CONFIG))
    vocabulary, stated = huggingface_tokenizer.read(folder)
    tensors = read_weights(folder)
    architectures = values.get("architectures")
    named = isinstance(architectures, list) and architectures
    has_head = "output_weights" in tensors and named
    labels_of = _LABELS_OF.get(str(named[0])) if has_head and named else None
    has_labels = "output_weights" in tensors and _has_labels(labels_of)
    return portable_model.Portable(
      path=folder,
      config=read_config(folder),
      tensors=tensors,
      vocabulary=vocabulary,
      rules=portable_model.rules(stated, vocabulary),
      labels=_labels(values.get("id2label")) if has_labels else (),
      labels_of=labels_of,
    )

  def lost(self, model: portable_model.Portable) -> list[str]:
    """Variables of other models."""
    known = tuple(portable_model.HEADS.values())
    return [
      name
      for name in model.without_training_state().tensors
      if not name.startswith(("bert/", *known))
    ]

  def write(self, model: portable_model.Portable, folder: str) -> None:
    """Writes config.json, model.safetensors and the files of the tokenizer."""
    import safetensors.numpy

    left_out = set(self.lost(model))
    tensors = {
      name: value
      for name, value in model.without_training_state().tensors.items()
      if name not in left_out
    }
    prefix = "bert." if portable_model.heads(tensors) else ""
    theirs = {}
    for name, value in tensors.items():
      renamed = huggingface_name(name)
      if name.startswith("bert/"):
        renamed = prefix + renamed
      value = value.T if name.endswith("/kernel") else value
      theirs[renamed] = np.ascontiguousarray(value)
    data = safetensors.numpy.save(theirs, metadata={"format": "pt"})
    output_files.write_atomically(os.path.join(folder, WEIGHTS), data)
    config = (
      json.dumps(_config(model, tensors), indent=2, sort_keys=True) + "\n"
    )
    output_files.write_atomically(os.path.join(folder, CONFIG), config.encode())
    huggingface_tokenizer.write(model, folder)


FORMAT = HuggingFaceFormat()
