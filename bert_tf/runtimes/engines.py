"""Models of LiteRT and ONNX: ids in, numbers out, row by row."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.runtimes import runtime_settings

# Inputs [N, S] by name, and outputs of one row by name; those for each token
# are as long as its real tokens at least.
Inputs = Mapping[str, npt.NDArray[np.int32]]
Row = dict[str, npt.NDArray[np.float32]]
Engine = Callable[[Inputs], Iterator[Row]]

MASK = "input_mask"
POSITIONS = "masked_lm_positions"
_ROWS_AT_ONCE = 8


class LitertEngine:
  """A model of LiteRT, one row at a time.

  Args:
    model: Its file, or its bytes.
    lengths: Of its signatures, ascending.
    threads: How many threads compute; None leaves it to LiteRT.

  Raises:
    ImportError: There is no ai-edge-litert.
    ValueError: The model is damaged.
  """

  def __init__(
    self, model: str | bytes, lengths: Sequence[int], threads: int | None = None
  ):
    package = required(
      "ai_edge_litert.interpreter", "ai-edge-litert", runtime_settings.LITERT
    )
    given = "model_path" if isinstance(model, str) else "model_content"
    try:
      self._interpreter = package.Interpreter(
        **{given: model}, num_threads=threads
      )
      self._runners = {
        length: self._interpreter.get_signature_runner(signature(length))
        for length in lengths
      }
    except (RuntimeError, ValueError) as error:
      raise ValueError(
        f"{model if isinstance(model, str) else 'the model'}: LiteRT cannot "
        f"load it: {error}"
      ) from error

  def __call__(self, inputs: Inputs) -> Iterator[Row]:
    """Computes rows; what is beyond the last length must be padding."""
    real = inputs[MASK].sum(axis=1)
    for index, count in enumerate(real):
      length = next(x for x in self._runners if x >= count)
      row = {name: x[index : index + 1] for name, x in inputs.items()}
      outputs = self._runners[length](**at_length(row, length))
      yield {name: x[0] for name, x in outputs.items()}


class OnnxEngine:
  """A model of ONNX, by onnxruntime.

  Args:
    model: Its file, or its bytes.
    threads: How many threads compute; None leaves it to onnxruntime.

  Raises:
    ImportError: There is no onnxruntime.
    ValueError: The model is damaged.
  """

  def __init__(self, model: str | bytes, threads: int | None = None):
    package = required("onnxruntime", "onnxruntime", runtime_settings.ONNX)
    options = package.SessionOptions()
    options.log_severity_level = 3  # errors
    if threads:
      options.intra_op_num_threads = threads
    try:
      self._session = package.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
      )
    except Exception as error:  # of onnxruntime's own kinds
      raise ValueError(
        f"{model if isinstance(model, str) else 'the model'}: onnxruntime "
        f"cannot load it: {error}"
      ) from error
    self._names = [output.name for output in self._session.get_outputs()]

  def __call__(self, inputs: Inputs) -> Iterator[Row]:
    """Computes rows, some at once, without the padding of all of them."""
    for start in range(0, len(inputs[MASK]), _ROWS_AT_ONCE):
      chosen = {
        name: x[start : start + _ROWS_AT_ONCE] for name, x in inputs.items()
      }
      longest = int(chosen[MASK].sum(axis=1).max())
      outputs = self._session.run(self._names, at_length(chosen, longest))
      for row in zip(*outputs, strict=True):
        yield dict(zip(self._names, row, strict=True))


def signature(length: int) -> str:
  """The name of LiteRT's signature of sequences of that length."""
  return f"ids_{length}"


def required(module: str, package: str, extra: str) -> Any:
  """Imports a module of a package that is optional.

  Raises:
    ImportError: It is not installed; the message says how to.
  """
  try:
    return importlib.import_module(module)
  except ImportError as error:
    raise ImportError(
      f"the package {package} is needed and cannot be imported ({error}): "
      f"pip install 'bert_tf[{extra}]'"
    ) from error


def at_length(inputs: Inputs, length: int) -> Inputs:
  """Inputs [N, S] with more zeros or less padding: [N, length]."""
  return {
    name: x if name == POSITIONS else _padded(x, length)
    for name, x in inputs.items()
  }


def _padded(x: npt.NDArray[np.int32], length: int) -> npt.NDArray[np.int32]:
  more = max(length - x.shape[1], 0)
  return np.pad(x[:, :length], [(0, 0), (0, more)])
