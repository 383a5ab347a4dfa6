"""Models of LiteRT with products in int8, and all else in float32."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorflow.lite.python import convert, schema_py_generated
from tensorflow.lite.tools import flatbuffer_utils

from bert_tf.runtimes import engines, runtime_settings

# Ops that compute in int8: products, and the look-up of embeddings. The rest,
# such as LayerNorm and softmax, loses too much by it; RESHAPE and TRANSPOSE
# would round whatever passes through them, and so would a GATHER that takes
# rows out of values and not out of a table.
_GATHER = "GATHER"
INTEGER_OPS = {
  "BATCH_MATMUL",
  "EMBEDDING_LOOKUP",
  "FULLY_CONNECTED",
  _GATHER,
}

Samples = Sequence[tuple[str, engines.Inputs]]


def calibration(
  lengths: Sequence[int], samples: Sequence[engines.Inputs]
) -> Samples:
  """Inputs for each signature, by its name.

  Raises:
    ValueError: No sample is as short as a length.
  """
  found = []
  for length in lengths:
    fit = [x for x in samples if x[engines.MASK].sum() <= length]
    if not fit:
      raise ValueError(
        f"no text of calibration_file fits into {length} tokens, one of "
        "litert_lengths; add shorter texts, or leave that length out"
      )
    name = engines.signature(length)
    found += [(name, _filled(x, length)) for x in fit]
  return found


def _filled(sample: engines.Inputs, length: int) -> engines.Inputs:
  """A sample whose padding has tokens of the text, still masked.

  Nobody sees what is computed of padding, so the ranges need no room for it.
  """
  count = int(sample[engines.MASK].sum())
  places = np.arange(length) % count
  found = {
    name: x if name == engines.POSITIONS else x[:, places]
    for name, x in sample.items()
  }
  found[engines.MASK] = found[engines.MASK] * (np.arange(length) < count)
  return {name: x.astype(np.int32) for name, x in found.items()}


def quantize(converter: Any, samples: Samples) -> bytes:
  """Converts with `INTEGER_OPS` in int8.

  Args:
    converter: A `tf.lite.TFLiteConverter` that optimizes.
    samples: As of `calibration`.
  """
  # TensorFlow 2.21's own measurement gives some tensors far too wide ranges; it
  # runs once, to mark what is to be measured. docs/devices.md has an example.
  converter.representative_dataset = lambda: iter(_one_of_each(samples))
  converter._experimental_calibrate_only = True
  model = flatbuffer_utils.convert_bytearray_to_object(converter.convert())
  _measure(model, samples)
  return bytes(
    convert.mlir_quantize(
      bytes(flatbuffer_utils.convert_object_to_bytearray(model)),
      denylisted_ops=sorted({*_op_names(model)} - INTEGER_OPS),
      denylisted_nodes=_gathered_values(model),
    )
  )


def _one_of_each(samples: Samples) -> Samples:
  return list({name: (name, x) for name, x in samples}.values())


def _measure(model: Any, samples: Samples) -> None:
  """Writes into the model which values its tensors have."""
  engine = engines.required(
    "ai_edge_litert.interpreter", "ai-edge-litert", runtime_settings.LITERT
  )
  interpreter = engine.Interpreter(
    model_content=bytes(flatbuffer_utils.convert_object_to_bytearray(model)),
    experimental_op_resolver_type=(
      engine.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    ),
    experimental_preserve_all_tensors=True,
  )
  graphs = {
    x.signatureKey.decode(): x.subgraphIndex for x in model.signatureDefs
  }
  ranges: dict[tuple[int, int], list[float]] = {}
  for name, inputs in samples:
    interpreter.get_signature_runner(name)(**inputs)
    graph = graphs[name]
    for index, tensor in enumerate(model.subgraphs[graph].tensors):
      if tensor.quantization is None or tensor.quantization.min is None:
        continue
      value = interpreter.get_tensor(index, graph)
      low, high = float(value.min()), float(value.max())
      known = ranges.get((graph, index), [low, high])
      ranges[graph, index] = [min(known[0], low), max(known[1], high)]
  for (graph, index), (low, high) in ranges.items():
    quantization = model.subgraphs[graph].tensors[index].quantization
    quantization.min, quantization.max = [low], [high]


def _gathered_values(model: Any) -> list[str]:
  """Names of the outputs of GATHERs whose input is not a constant table."""
  names = _op_names(model)
  found = []
  for graph in model.subgraphs:
    for op in graph.operators:
      if names[op.opcodeIndex] == _GATHER:
        table = model.buffers[graph.tensors[op.inputs[0]].buffer].data
        if table is None or not len(table):
          found.append(graph.tensors[op.outputs[0]].name.decode())
  return found


def _op_names(model: Any) -> list[str]:
  """The kinds of ops, by their number in the model."""
  names = {
    number: name
    for name, number in vars(schema_py_generated.BuiltinOperator).items()
    if isinstance(number, int)
  }
  return [names[code.builtinCode] for code in model.operatorCodes]
