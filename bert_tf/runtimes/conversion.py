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
from bert_tf.kernels import modes, plain_kernels
from bert_tf.runtimes import engines, runtime_settings, text_answers
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
# What is added to masked scores in "int8". In 256 steps down to the original's
# -10000 all scores would be one; e^-24 is nothing in steps of 1/256.
_INT8_MASK = -24.0


class IntegerKernels(plain_kernels.PlainKernels):
  """Plain ops whose values fit into int8."""

  def softmax_dropout(
    self, scores: Any, bias: Any, scale: float, rate: float
  ) -> Any:
    """See `modes.Kernels`; masked scores are not far below the others."""
    bias = tf.maximum(bias, _INT8_MASK)
    return super().softmax_dropout(scores, bias, scale, rate)


def mode(quantize: str) -> modes.Mode | modes.Kernels:
  """How a model has to be computed to be converted."""
  if quantize == runtime_settings.INT8:
    return IntegerKernels()
  return modes.Mode(kernels=modes.PLAIN)


class LibraryEngine:
  """The model itself, as an engine.

  Args:
    module: Made with `mode`.
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
    module: Made with `mode`.
    lengths: Of sequences, ascending.
    quantize: As of `RuntimeSettings`.
    samples: For "int8": inputs of one row each, no longer than the last length.

  Raises:
    RuntimeError: LiteRT has no such op.
    ValueError: No sample is as short as a length.
  """
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
    if quantize != runtime_settings.INT8:
      return _converted(runtime_settings.LITERT, converter.convert)

    def calibration() -> Iterator[tuple[str, engines.Inputs]]:
      for sample in samples:
        for length in lengths:
          if sample[engines.MASK].sum() <= length:
            yield engines.signature(length), engines.at_length(sample, length)

    measured = {name for name, _ in calibration()}
    for length in lengths:
      if engines.signature(length) not in measured:
        raise ValueError(
          f"no text of calibration_file fits into {length} tokens, one of "
          "litert_lengths; add shorter texts, or leave that length out"
        )
    converter.representative_dataset = calibration
    return _converted(runtime_settings.LITERT, converter.convert)


def onnx(module: text_modules.Served, quantize: str) -> bytes:
  """A model of ONNX for any number of sequences of any length.

  Args:
    module: Made with `mode`.
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
