"""TensorFlow 2's checkpoints: variables by name, without their program.

Their keys are paths through Python objects; the graph of the objects, stored
beside them, knows the variables' own names too. SavedModels keep their
variables in the same way.
"""

import os
import re
from typing import Any

import numpy as np

from bert_tf.checkpoints import (
  checkpoint_prefix,
  checkpoint_reader,
  portable_model,
)
from bert_tf.system import files

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
SAVED_MODEL = "saved_model.pb"
# Keys of what an optimizer keeps, whose variables may bear the model's names.
_STATE = re.compile(r"(^|/)optimizer/|/\.OPTIMIZER_SLOT/")


def find_saved_model(path: str) -> str | None:
  """The folder of a SavedModel: `path`, or its newest version `path/N`."""
  if files.exists(os.path.join(path, SAVED_MODEL)):
    return path
  versions = {
    int(name): os.path.join(path, name)
    for name in files.names_in(path)
    if name.isdecimal() and files.exists(os.path.join(path, name, SAVED_MODEL))
  }
  return versions[max(versions)] if versions else None


def variables(saved_model: str) -> str:
  """The prefix of the variables of a SavedModel."""
  return os.path.join(saved_model, "variables", "variables")


def find(path: str) -> str | None:
  """The prefix of such a checkpoint, or None if it is none."""
  saved_model = find_saved_model(path)
  if saved_model:
    return variables(saved_model)
  try:
    prefix = checkpoint_prefix.find(path)
  except FileNotFoundError:
    return None
  return prefix if _GRAPH in checkpoint_reader.Reader(prefix).shapes else None


def mismatch(path: str) -> str | None:
  """Why there is no such checkpoint, for messages; None if there is one."""
  if find(path) is not None:
    return None
  looked_for = f"a folder with {SAVED_MODEL} or a TensorFlow 2 checkpoint"
  try:
    prefix = checkpoint_prefix.find(path)
  except FileNotFoundError:
    return f"{looked_for}: there is neither"
  return f"{looked_for}: {prefix} has no graph of objects ({_GRAPH})"


class Reader:
  """A model's variables by their own names, without the optimizer's.

  Raises:
    FileNotFoundError: There is no checkpoint.
    ValueError: It is damaged, or two variables have one name.
  """

  def __init__(self, prefix: str):
    from google.protobuf import message  # type: ignore[import-untyped]
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    self._reader = checkpoint_reader.Reader(prefix)
    self.graph = trackable_object_graph_pb2.TrackableObjectGraph()
    if _GRAPH not in self._reader.shapes:
      raise ValueError(f"{prefix}: there is no graph of objects in it")
    try:
      self.graph.ParseFromString(self._reader.read(_GRAPH)[()])
    except message.DecodeError as error:
      raise ValueError(f"{prefix}: damaged: {error}") from error
    self.keys: dict[str, str] = {}
    for node in self.graph.nodes:
      for attribute in node.attributes:
        name, key = attribute.full_name, attribute.checkpoint_key
        if not name or key not in self._reader.shapes or _STATE.search(key):
          continue
        if self.keys.setdefault(name, key) != key:
          self._two(prefix, name, key)

  def _two(self, prefix: str, name: str, key: str) -> None:
    """Two copies of one variable are one, but not two of different values."""
    shapes = self._reader.shapes
    first = self.keys[name]
    same = shapes[first] == shapes[key] and np.array_equal(
      self._reader.read(first), self._reader.read(key)
    )
    if not same:
      raise ValueError(
        f"{prefix}: two variables are named {name!r}, {first} and {key}: not "
        "one model"
      )

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """One variable."""
    return portable_model.widened(self._reader.read(self.keys[name]))

  def attribute(self, name: str) -> Any:
    """The value of a variable that is an attribute of the root, or None."""
    nodes = self.graph.nodes
    for child in nodes[0].children if nodes else ():
      if child.local_name != name or not 0 <= child.node_id < len(nodes):
        continue
      for attribute in nodes[child.node_id].attributes:
        if attribute.checkpoint_key in self._reader.shapes:
          return self._reader.read(attribute.checkpoint_key)[()]
    return None
