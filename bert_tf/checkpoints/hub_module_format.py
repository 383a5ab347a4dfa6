"""BERT as TensorFlow Hub has it for TensorFlow 1: hub.Module's form.

A SavedModel whose variables have Google's names. Its signature
`tokenization_info` tells the vocabulary, an asset, and the case. The program is
read, not run. Source: the interface that run_classifier_with_tfhub.py uses.
"""

import os
import re
from typing import Any

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  checkpoint_reader,
  object_graph,
  portable_model,
  variable_names,
  variable_shapes,
)
from bert_tf.system import files

_INFO, _LOWER = "tokenization_info", "do_lower_case"
_WORDS = "bert/embeddings/word_embeddings"
# Where the original's graph says of how many heads [B, S, N, D] is.
_HEADS = re.compile(r"layer_0/attention/self/Reshape/shape/2$")
_HEAD_SIZE = 64  # of all of Google's models
# Of a module within another.
_SCOPE = re.compile(r"^module/(?=(bert|cls)/)")


class HubModuleFormat(checkpoint_format.CheckpointFormat):
  """A SavedModel of hub.Module, of TensorFlow 1."""

  name = "tf1_hub"

  def mismatch(self, path: str) -> str | None:
    """See `CheckpointFormat`."""
    folder = object_graph.find_saved_model(path)
    if folder is None:
      return f"a folder with {object_graph.SAVED_MODEL}: there is none"
    prefix = object_graph.variables(folder)
    if not files.exists(f"{prefix}.index"):
      return f"{prefix}.index: there is none"
    names = map(_google_name, checkpoint_reader.Reader(prefix).shapes)
    return None if _WORDS in names else f"a variable {_WORDS}: there is none"

  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads the variables, the vocabulary and the case.

    Raises:
      FileNotFoundError: A file is missing.
      ValueError: A file is damaged, or not of a BERT.
    """
    del config
    folder = object_graph.find_saved_model(path) or path
    reader = checkpoint_reader.Reader(object_graph.variables(folder))
    state = variable_names.training_state(reader.shapes.keys())
    tensors = {
      _google_name(name): reader.read(name)
      for name in sorted(reader.shapes)
      if name not in state and _google_name(name).startswith(("bert/", "cls/"))
    }
    told = variable_shapes.settings(
      {name: value.shape for name, value in tensors.items()}, path
    )
    graphs = _graphs(os.path.join(folder, object_graph.SAVED_MODEL))
    heads = _heads(graphs)
    if heads is None:
      heads = max(told["hidden_size"] // _HEAD_SIZE, 1)
      logging.warning(
        "%s does not tell its number of attention heads: taking %d, of 64 each "
        "as in all of Google's models",
        path,
        heads,
      )
    vocabulary = portable_model.read_vocabulary(os.path.join(folder, "assets"))
    lower_case = _lower_case(graphs)
    stated = {} if lower_case is None else {"lower_case": lower_case}
    return portable_model.Portable(
      path=path,
      config=bert_config.BertConfig.from_dict(
        told | {"num_attention_heads": heads}
      ),
      tensors=tensors,
      vocabulary=vocabulary,
      rules=portable_model.rules(stated, vocabulary),
    )


def _google_name(name: str) -> str:
  return _SCOPE.sub("", name)


def _graphs(path: str) -> list[Any]:
  """The meta graphs of a SavedModel.

  Raises:
    ValueError: It is damaged.
  """
  from google.protobuf import message  # type: ignore[import-untyped]
  from tensorflow.core.protobuf import saved_model_pb2

  saved = saved_model_pb2.SavedModel()
  with files.open_file(path) as file:
    try:
      saved.ParseFromString(file.read())
    except message.DecodeError as error:
      raise ValueError(f"{path}: damaged: {error}") from error
  return list(saved.meta_graphs)


def _constant(graph: Any, name: str) -> Any:
  """The value of a constant of a graph; None if it is none."""
  import tensorflow as tf

  for node in graph.graph_def.node:
    if node.name == name and node.op == "Const":
      return tf.make_ndarray(node.attr["value"].tensor)
  return None


def _lower_case(graphs: list[Any]) -> bool | None:
  """What the signature says of the case; None if it does not."""
  for graph in graphs:
    if _INFO in graph.signature_def:
      outputs = graph.signature_def[_INFO].outputs
      value = _constant(graph, outputs[_LOWER].name.partition(":")[0])
      if value is not None:
        return bool(value)
  return None


def _heads(graphs: list[Any]) -> int | None:
  """The number of attention heads in the program; None if it is not there."""
  for graph in graphs:
    for node in graph.graph_def.node:
      if _HEADS.search(node.name):
        value = _constant(graph, node.name)
        if value is not None and value.ndim == 0 and value > 0:
          return int(value)
  return None


FORMAT = HubModuleFormat()
