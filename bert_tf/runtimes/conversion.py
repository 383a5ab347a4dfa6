"""Models to the formats of LiteRT and ONNX.

What is converted is the graph of the signature `ids` in plain ops: without
rows that are left out, whose shapes depend on values, and without the spelling
that only TensorFlow on a CPU understands.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf.export import text_modules
from bert_tf.kernels import modes
from bert_tf.runtimes import (
  engines,
  integer_products,
  integer_quantizer,
  runtime_settings,
  text_answers,
)
from bert_tf.system import error_text, output_folders

# Of each kind what answers are made of; the value is whether for each token.
OUTPUTS: Mapping[str, Mapping[str, bool]] = {
  "encoder": {"sequence_output": True, "pooled_output": False},
  "sentence": {"vector": False},
  "classifier": {"logits": False},
  "multilabel": {"logits": False},
  "regressor": {"value": False},
  "span": {"start_logits": True, "end_logits": True},
  "tagger": {"logits": True},
  "masked_lm": {"masked_lm_logits": False},
  "pretrainer": {"masked_lm_logits": False, "next_sentence_logits": False},
}
_OPSET = 17
# How a model has to be computed to be converted.
MODE = modes.Mode(kernels=modes.PLAIN)


class LibraryEngine:
  """The model itself, as an engine.

  Args:
    module: Made with `MODE`.
  """

  def __init__(self, module: text_modules.Served):
    self._function = _function(module, None, None)
    self._names = module.id_inputs

  def __call__(self, inputs: engines.Inputs) -> Iterator[engines.Row]:
    """Computes rows."""
    if not len(inputs[engines.MASK]):
      return
    given = [tf.constant(inputs[name]) for name in self._names]
    found = {k: v.numpy() for k, v in self._function(*given).items()}
    for row in range(len(inputs[engines.MASK])):
      yield {name: value[row] for name, value in found.items()}


def litert(
  module: text_modules.Served,
  lengths: Sequence[int],
  quantize: str,
  samples: Sequence[engines.Inputs] = (),
) -> bytes:
  """A model of LiteRT with a signature for each length.

  Args:
    module: Made with `MODE`.
    lengths: Of sequences, ascending.
    quantize: As of `RuntimeSettings`.
    samples: For "int8": inputs of one row each, no longer than the last length.

  Raises:
    RuntimeError: LiteRT has no such op.
    ValueError: No sample is as short as a length.
  """
  is_int8 = quantize == runtime_settings.INT8
  if is_int8:
    calibration = integer_quantizer.calibration(lengths, samples)
    module = integer_products.even(module, samples)
  functions = {
    engines.signature(length): _function(module, 1, length)
    for length in lengths
  }
  holder = tf.Module()
  holder.weights = module.weights
  with output_folders.scratch() as folder:
    saved = os.path.join(folder, "model")
    tf.saved_model.save(holder, saved, signatures=functions)
    converter = tf.lite.TFLiteConverter.from_saved_model(
      saved, signature_keys=list(functions)
    )
    if quantize != runtime_settings.NONE:
      converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if not is_int8:
      return _converted(runtime_settings.LITERT, converter.convert)
    return _converted(
      runtime_settings.LITERT,
      lambda: integer_quantizer.quantize(converter, calibration),
    )


def onnx(module: text_modules.Served, quantize: str) -> bytes:
  """A model of ONNX for any number of sequences of any length.

  Args:
    module: Made with `MODE`.
    quantize: "none" or "dynamic".

  Raises:
    ImportError: There is no tf2onnx, or for "dynamic" no onnxruntime.
    RuntimeError: ONNX has no such op.
  """
  converter = engines.required(
    "tf2onnx.convert", "tf2onnx", runtime_settings.ONNX
  )
  function = _function(module, None, None)

  def convert() -> Any:
    return converter.from_function(
      function, input_signature=function.input_signature, opset=_OPSET
    )[0]

  model = _converted(runtime_settings.ONNX, convert)
  for each in model.graph.input:
    names = ("batch", "masks" if each.name == engines.POSITIONS else "length")
    for axis, name in zip(each.type.tensor_type.shape.dim, names, strict=True):
      axis.dim_param = name
  if quantize == runtime_settings.NONE:
    return bytes(model.SerializeToString())
  quantizer = engines.required(
    "onnxruntime.quantization", "onnxruntime", runtime_settings.ONNX
  )
  with output_folders.scratch() as folder:
    path = os.path.join(folder, "model.onnx")
    quantizer.quantize_dynamic(model, path, per_channel=True)
    with open(path, "rb") as file:
      return file.read()


def _converted(name: str, convert: Callable[[], Any]) -> Any:
  try:
    return convert()
  except Exception as error:  # the converters have kinds of their own
    raise RuntimeError(
      f"the model cannot be converted to format={name!r}: "
      f"{error_text.shortened(error_text.plain(error))}"
    ) from error


def _function(
  module: text_modules.Served, batch: int | None, length: int | None
) -> Any:
  """The graph from ids to what answers are made of."""
  shapes = {name: [batch, length] for name in module.id_inputs}
  if engines.POSITIONS in shapes and length is not None:
    shapes[engines.POSITIONS] = [batch, text_answers.MASKS_A_ROW]
  names = OUTPUTS[module.settings.model_type]

  @tf.function(
    input_signature=[
      tf.TensorSpec(shape, tf.int32, name) for name, shape in shapes.items()
    ],
    autograph=False,
  )
  def ids(*features: Any) -> dict[str, Any]:
    found = module.from_ids(dict(zip(module.id_inputs, features, strict=True)))
    return {name: found[name] for name in names}

  return ids


def cut(
  row: engines.Row, kind: str, count: int
) -> dict[str, np.ndarray[Any, Any]]:
  """A row without what was computed of padding, of `count` real tokens."""
  return {
    name: value[:count] if OUTPUTS[kind][name] else value
    for name, value in row.items()
  }
