"""A small model out of some layers of a large one.

Source: Sanh et al., arXiv 1910.01108 (DistilBERT), where a student starts from
every other layer of its teacher.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bert_tf import bert_config
from bert_tf.checkpoints import checkpoint_reader, portable_model

_LAYER = re.compile(r"^bert/encoder/layer_(\d+)/")


def count(names: Iterable[str]) -> int:
  """The layers of an encoder, by the names of its variables."""
  found = {int(match[1]) for name in names if (match := _LAYER.match(name))}
  return max(found, default=-1) + 1


def sources(
  names: Sequence[str], layers: Sequence[int], path: str
) -> dict[str, str]:
  """Where each variable of the small model comes from, by its name.

  Args:
    names: The variables of the large model.
    layers: Its layers that are kept, from 0, in the order of the small model.
    path: The large model, for messages.

  Raises:
    ValueError: It has no such layer.
  """
  there = count(names)
  wrong = [layer for layer in layers if not 0 <= layer < there]
  if wrong:
    raise ValueError(
      f"layer {wrong[0]} of {','.join(map(str, layers))} is out of range: "
      f"{path} has {there} layers, 0 to {there - 1}"
    )
  found = {name: name for name in names if not _LAYER.match(name)}
  for name in names:
    match = _LAYER.match(name)
    for new, layer in enumerate(layers):
      if match and int(match[1]) == layer:
        found[f"bert/encoder/layer_{new}/{name[match.end() :]}"] = name
  return found


def config_of(
  config: bert_config.BertConfig, layers: Sequence[int], there: int, path: str
) -> bert_config.BertConfig:
  """The configuration of the small model.

  Args:
    config: That of the small model or of the large one.
    layers: As of `sources`.
    there: Layers of the large model.
    path: The large model, for messages.

  Raises:
    ValueError: It is of neither.
  """
  if config.num_hidden_layers not in (len(layers), there):
    raise ValueError(
      f"num_hidden_layers={config.num_hidden_layers} is neither that of "
      f"{path}, {there}, nor the number of layers to start from, {len(layers)}"
    )
  return dataclasses.replace(config, num_hidden_layers=len(layers))


class SelectedLayers(checkpoint_reader.TensorReader):
  """A checkpoint shown like one of some of its layers.

  Args:
    reader: The checkpoint.
    layers: As of `sources`.

  Raises:
    ValueError: It has no such layer.
  """

  def __init__(
    self, reader: checkpoint_reader.TensorReader, layers: Sequence[int]
  ):
    self.prefix = reader.prefix
    self._reader = reader
    self._layers = layers
    self._there = count(reader.shapes)
    self._sources = sources(list(reader.shapes), layers, reader.prefix)
    self.shapes: dict[str, tuple[int, ...]] = {
      name: reader.shapes[source] for name, source in self._sources.items()
    }
    self.dtypes: dict[str, str] = {
      name: reader.dtypes[source] for name, source in self._sources.items()
    }

  def read(self, name: str) -> np.ndarray[Any, Any]:
    """See `TensorReader`."""
    return self._reader.read(self._sources.get(name, name))

  def config(self) -> bert_config.BertConfig:
    """The configuration, of these layers only."""
    return config_of(
      self._reader.config(), self._layers, self._there, self.prefix
    )


def of(
  reader: checkpoint_reader.TensorReader, layers: Sequence[int]
) -> checkpoint_reader.TensorReader:
  """As `SelectedLayers`; without any layers the checkpoint as it is."""
  return SelectedLayers(reader, layers) if layers else reader


def selected(
  model: portable_model.Portable, layers: Sequence[int]
) -> portable_model.Portable:
  """A model with some of its layers; training state is left out.

  Raises:
    ValueError: It has no such layer.
  """
  model = model.without_training_state()
  found = sources(list(model.tensors), layers, model.path)
  there = count(model.tensors)
  return dataclasses.replace(
    model,
    config=config_of(model.config, layers, there, model.path),
    tensors={name: model.tensors[source] for name, source in found.items()},
  )
