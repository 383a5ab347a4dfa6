"""Preset folders of keras-nlp (keras-hub): BertBackbone and its tasks.

The package is imported when it is needed, since that takes seconds. It builds
the models from numbers alone: nothing that a folder describes is made.
"""

import dataclasses
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  keras_nlp_tokenizer,
  portable_model,
  split_heads,
)
from bert_tf.system import files

CONFIG = "config.json"
_TASK = "task.json"
_TASK_WEIGHTS = "task.weights.h5"
_WEIGHTS = ("model.weights.h5", "model.weights.json")
_CLASSIFIER, _MASKED_LM = "BertTextClassifier", "BertMaskedLM"

# Their settings and ours. What is not among them they do not have.
_SETTINGS = {
  "vocabulary_size": "vocab_size",
  "num_layers": "num_hidden_layers",
  "num_heads": "num_attention_heads",
  "hidden_dim": "hidden_size",
  "intermediate_dim": "intermediate_size",
  "dropout": "hidden_dropout_prob",
  "max_sequence_length": "max_position_embeddings",
  "num_segments": "type_vocab_size",
}
# Paths of their variables to Google's names, applied in order.
_RENAMED = (
  (r"^token_embedding/.*", "bert/embeddings/word_embeddings"),
  (r"^position_embedding/.*", "bert/embeddings/position_embeddings"),
  (r"^segment_embedding/.*", "bert/embeddings/token_type_embeddings"),
  (r"^embeddings_layer_norm/", "bert/embeddings/LayerNorm/"),
  (r"^transformer_layer_(\d+)/", r"bert/encoder/layer_\1/"),
  (r"/self_attention_layer/attention_output/", "/attention/output/dense/"),
  (r"/self_attention_layer/", "/attention/self/"),
  (r"/self_attention_layer_norm/", "/attention/output/LayerNorm/"),
  (r"/feedforward_intermediate_dense/", "/intermediate/dense/"),
  (r"/feedforward_output_dense/", "/output/dense/"),
  (r"/feedforward_layer_norm/", "/output/LayerNorm/"),
  (r"^pooled_dense/", "bert/pooler/dense/"),
  (r"^mlm_head/intermediate_dense/", "cls/predictions/transform/dense/"),
  (
    r"^mlm_head/intermediate_layer_norm/",
    "cls/predictions/transform/LayerNorm/",
  ),
  (r"^mlm_head/", "cls/predictions/"),
  (r"^logits/kernel", "output_weights"),
  (r"^logits/bias", "output_bias"),
)
_NOT_WEIGHTS = "seed_generator_state"


def _object(path: str, class_name: str) -> dict[str, Any]:
  """The settings of the one object that a file describes."""
  values = files.read_json(path)
  settings = values.get("config")
  if values.get("class_name") != class_name or not isinstance(settings, dict):
    raise ValueError(
      f"{path}: expected a {class_name}, found {values.get('class_name')}"
    )
  return settings


def _config(settings: Mapping[str, Any], path: str) -> bert_config.BertConfig:
  missing = [key for key in _SETTINGS if key not in settings]
  if missing:
    raise ValueError(f"{path}/{CONFIG}: {missing[0]} is missing")
  ours = {ours: settings[theirs] for theirs, ours in _SETTINGS.items()}
  ours["attention_probs_dropout_prob"] = ours["hidden_dropout_prob"]
  try:
    return bert_config.BertConfig.from_dict(ours)
  except ValueError as error:
    raise ValueError(f"{path}/{CONFIG}: {error}") from error


def _check_size(
  config: bert_config.BertConfig, outputs: int, path: str
) -> None:
  """Checks that the files can hold such a model, before one is made.

  Raises:
    FileNotFoundError: There are no weights.
    ValueError: They are too small.
  """
  found = [
    os.path.join(path, name)
    for name in files.names_in(path)
    if name.endswith(".weights.h5")
  ]
  if not found:
    raise FileNotFoundError(f"{path} has no {_WEIGHTS[0]}")
  hidden = config.hidden_size
  block = 4 * hidden * hidden + 2 * hidden * config.intermediate_size
  rows = config.vocab_size + config.max_position_embeddings + outputs
  rows += config.type_vocab_size
  least = 2 * (rows * hidden + config.num_hidden_layers * block)  # bytes
  held = sum(tf.io.gfile.stat(name).length for name in found)
  if held < least:
    raise ValueError(
      f"{path}: cannot read the weights: they have {held} bytes, and a model "
      f"of the sizes in {CONFIG} at least {least}"
    )


def _build(
  config: bert_config.BertConfig,
  kind: str | None,
  outputs: int,
  preprocessor: Any = None,
) -> Any:
  """Their model of these sizes: a backbone, or a task with its head."""
  import keras_nlp

  backbone = keras_nlp.models.BertBackbone(
    **{theirs: getattr(config, ours) for theirs, ours in _SETTINGS.items()},
    dtype="float32",
  )
  if kind == _MASKED_LM:
    return keras_nlp.models.BertMaskedLM(backbone, preprocessor=preprocessor)
  if kind == _CLASSIFIER:
    return keras_nlp.models.BertTextClassifier(
      backbone, outputs, preprocessor=preprocessor
    )
  return backbone


def _load(model: Any, path: str) -> None:
  backbone = getattr(model, "backbone", model)
  found = [n for n in _WEIGHTS if files.exists(os.path.join(path, n))]
  try:
    backbone.load_weights(os.path.join(path, *found[:1]))
    task = os.path.join(path, _TASK_WEIGHTS)
    if model is not backbone:
      model.load_task_weights(task)
  except (OSError, ValueError, KeyError, RuntimeError) as error:
    raise ValueError(
      f"{path}: cannot read the weights, they are damaged or of another model "
      f"than {CONFIG} says: {error}"
    ) from error


def _variables(model: Any) -> dict[str, Any]:
  """Their variables by Google's names."""
  found = {}
  for variable in model.variables:
    name = variable.path
    if name.endswith(_NOT_WEIGHTS):
      continue
    for pattern, replacement in _RENAMED:
      name = re.sub(pattern, replacement, name)
    found[name] = variable
  return found


def _task(model: portable_model.Portable) -> str | None:
  """The task that can hold a head of this model; a preset is of one task."""
  found = portable_model.heads(model.tensors)
  is_of_sequences = model.labels_of in (None, portable_model.PER_SEQUENCE)
  if "classifier" in found and is_of_sequences:
    return _CLASSIFIER
  return _MASKED_LM if "masked_lm" in found else None


_HELD = {None: (), _CLASSIFIER: ("output_",), _MASKED_LM: ("cls/predictions/",)}


def _transposed(name: str, value: Any) -> npt.NDArray[Any]:
  """Either way: the classifier's kernel is [H, C] there, [C, H] in Google's."""
  return np.asarray(value).T if name == "output_weights" else np.asarray(value)


def _preprocessor(model: portable_model.Portable, kind: str | None) -> Any:
  """Their tokenizer, in the preprocessor of the task; None without words."""
  import keras_nlp

  tokenizer = keras_nlp_tokenizer.make(model)
  if kind is None or tokenizer is None:
    return tokenizer
  classes = {
    _MASKED_LM: keras_nlp.models.BertMaskedLMPreprocessor,
    _CLASSIFIER: keras_nlp.models.BertTextClassifierPreprocessor,
  }
  return classes[kind](
    tokenizer, sequence_length=model.config.max_position_embeddings
  )


class KerasNlpFormat(checkpoint_format.WritableFormat):
  """A preset folder of BertBackbone, or of a task on it."""

  name = "keras_nlp"

  def mismatch(self, path: str) -> str | None:
    """See `CheckpointFormat`."""
    file = os.path.join(path, CONFIG)
    if not files.exists(file):
      return f"a folder with {CONFIG}: there is none"
    if "registered_name" not in files.read_json(file):
      return f"{CONFIG} with a registered_name in it: it has none"
    return None

  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads a preset: the backbone, and the head of its task if it has one.

    Raises:
      FileNotFoundError: A file is missing.
      ValueError: A file is damaged, or it is not a BERT.
    """
    del config
    settings = _object(os.path.join(path, CONFIG), "BertBackbone")
    found, stated = portable_model.without_rules(
      portable_model.config_beside(path, _config(settings, path)),
      os.path.join(path, portable_model.CONFIG),
    )
    task = os.path.join(path, _TASK)
    kind, outputs = None, 0
    if files.exists(task):
      kind = str(files.read_json(task).get("class_name"))
      if kind == _CLASSIFIER:
        outputs = _object(task, kind).get("num_classes", 0)
        if not isinstance(outputs, int) or outputs < 1:
          raise ValueError(f"{task}: num_classes is {outputs!r}")
    _check_size(found, outputs, path)
    model = _build(found, kind, outputs)
    _load(model, path)
    tensors = {
      name: _transposed(name, split_heads.join(name, variable.numpy()))
      for name, variable in _variables(model).items()
    }
    vocabulary = keras_nlp_tokenizer.read_vocabulary(path)
    stated |= keras_nlp_tokenizer.stated_rules(path)
    return portable_model.Portable(
      path=path,
      config=found,
      tensors=tensors,
      vocabulary=vocabulary,
      rules=portable_model.rules(stated, vocabulary),
      labels_of=portable_model.PER_SEQUENCE if kind == _CLASSIFIER else None,
    )

  def lost(self, model: portable_model.Portable) -> list[str]:
    """Heads of other tasks, other activations, other tokenizers."""
    held = ("bert/", *_HELD[_task(model)])
    found = [
      name
      for name in model.without_training_state().tensors
      if not name.startswith(held)
    ]
    if (model.config.hidden_act or "").lower() != "gelu":
      found.append(
        f"hidden_act={model.config.hidden_act} (BertBackbone computes the tanh "
        "form of gelu)"
      )
    return found + portable_model.lost_rules(
      model, keras_nlp_tokenizer.held_rules(model)
    )

  def write(self, model: portable_model.Portable, folder: str) -> None:
    """Writes a preset, with tokenizer where there is a vocabulary.

    Raises:
      ValueError: There is no pooler, and BertBackbone has one, or only a part
        of a head.
    """
    if model.rules:
      held = keras_nlp_tokenizer.held_rules(model)
      model = dataclasses.replace(model, rules=held)
    kind = _task(model)
    outputs = len(model.tensors.get("output_weights", ()))
    preprocessor = _preprocessor(model, kind)
    theirs = _build(model.config, kind, outputs, preprocessor)
    heads = model.config.num_attention_heads
    variables = _variables(theirs)
    portable_model.require(model, variables)
    for name, variable in variables.items():
      value = split_heads.split(name, model.tensors[name], heads)
      variable.assign(_transposed(name, value))
    theirs.save_to_preset(folder)
    if preprocessor is not None and kind is None:
      preprocessor.save_to_preset(folder)
    portable_model.write_config(model, folder)


FORMAT = KerasNlpFormat()
