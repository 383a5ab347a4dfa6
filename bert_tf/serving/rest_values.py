"""JSON of TensorFlow Serving's REST interface, to arrays and back.

"instances" is a list of rows, answered by "predictions"; "inputs" has columns,
answered by "outputs". A model's only input or output may go without its name.
Bytes are `{"b64": "..."}`.
"""

import base64
import binascii
import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.serving import answering, service_errors
from bert_tf.system import json_text

Arrays = Mapping[str, npt.NDArray[Any]]
_SIGNATURE = "signature_name"
_DEEPEST = 8


@dataclasses.dataclass(frozen=True)
class PredictCall:
  """A request to predict.

  Attributes:
    signature: The signature's name, "" if none is given.
    columns: What stands in the request, by input; of one input perhaps None.
    by_rows: Whether "instances" were given.
  """

  signature: str
  columns: Any
  by_rows: bool


def parse(body: bytes) -> dict[str, Any]:
  """The JSON object of a request.

  Raises:
    ServiceError: It is none.
  """
  try:
    value = json_text.parse(body.decode(), "request body", "JSON text")
  except (ValueError, RecursionError) as error:
    raise invalid(str(error)[:500]) from error
  if not isinstance(value, dict):
    raise invalid(f"expected a JSON object, found {_kind(value)}")
  return value


def predict_call(told: Mapping[str, Any]) -> PredictCall:
  """What a request to predict has.

  Raises:
    ServiceError: It is malformed.
  """
  _check_keys(told, (_SIGNATURE, "instances", "inputs"))
  given = [name for name in ("instances", "inputs") if name in told]
  if len(given) != 1:
    raise invalid(
      'expected one of "instances" and "inputs", found '
      f"{'both' if given else 'neither'}"
    )
  by_rows = given == ["instances"]
  if by_rows and not (isinstance(told["instances"], list) and told[given[0]]):
    raise invalid('"instances" has to be a list of at least one')
  return PredictCall(signature_name(told), told[given[0]], by_rows)


def signature_name(told: Mapping[str, Any]) -> str:
  """The name of the signature; "" if there is none.

  Raises:
    ServiceError: It is no text.
  """
  name = told.get(_SIGNATURE, "")
  if not isinstance(name, str):
    raise invalid(f'"{_SIGNATURE}" has to be a string, found {_kind(name)}')
  return name


def arrays(call: PredictCall, specs: Mapping[str, Any]) -> Arrays:
  """The inputs of a request.

  Args:
    call: The request.
    specs: dtype and shape of each input.

  Raises:
    ServiceError: They are not those of the signature.
  """
  columns = _by_name(call, sorted(specs))
  if set(columns) != set(specs):
    raise invalid(
      f"expected the inputs {', '.join(sorted(specs))}, found "
      f"{', '.join(sorted(columns))[:300] or 'none'}"
    )
  return {
    name: _array(columns[name], spec, name) for name, spec in specs.items()
  }


def _by_name(call: PredictCall, names: list[str]) -> dict[str, Any]:
  """Columns by input."""
  value = call.columns
  if not call.by_rows:
    is_named = isinstance(value, dict) and not _is_bytes(value)
    if not is_named and len(names) != 1:
      raise invalid(f'"inputs" has to be an object with {", ".join(names)}')
    return dict(value) if is_named else {names[0]: value}
  named = [isinstance(row, dict) and not _is_bytes(row) for row in value]
  if not any(named) and len(names) == 1:
    return {names[0]: value}
  if not all(named):
    raise invalid(
      f'each of "instances" has to be an object with {", ".join(names)}'
    )
  keys = set(value[0])
  for index, row in enumerate(value):
    if set(row) != keys:
      raise invalid(
        f"instance {index} has {', '.join(sorted(row))[:300] or 'nothing'}, "
        f"the first one has {', '.join(sorted(keys))[:300] or 'nothing'}"
      )
  return {name: [row[name] for row in value] for name in value[0]}


def _array(value: Any, spec: Any, name: str) -> npt.NDArray[Any]:
  """A value of JSON as an array of a signature's dtype."""
  rank = spec.shape.rank
  deep = 0
  inner = value
  while isinstance(inner, list) and deep < _DEEPEST:
    deep, inner = deep + 1, inner[0] if inner else None
  if rank is not None and deep != rank:
    raise invalid(
      f"{name!r} is a list of depth {deep}, expected {rank} "
      f"({spec.dtype.name} of shape {spec.shape})"
    )
  shape: list[int] = []
  inner = value
  for _ in range(deep):
    shape.append(len(inner))
    inner = inner[0] if inner else None
  convert = _CONVERT.get(spec.dtype.name)
  if convert is None:
    raise invalid(f"{name!r} is {spec.dtype.name}, which JSON cannot hold here")
  flat = [convert(x, name) for x in _leaves(value, shape, name)]
  kind = object if spec.dtype.name == "string" else spec.dtype.as_numpy_dtype
  found = np.empty(len(flat), kind)
  try:
    found[:] = flat
  except OverflowError as error:
    raise invalid(f"{name!r}: {error}") from error
  return found.reshape(shape)


def _leaves(value: Any, shape: list[int], name: str) -> Iterator[Any]:
  if not shape:
    yield value
    return
  if not isinstance(value, list) or len(value) != shape[0]:
    found = len(value) if isinstance(value, list) else _kind(value)
    raise invalid(f"{name!r}: expected lists of {shape[0]}, found {found}")
  for inner in value:
    yield from _leaves(inner, shape[1:], name)


def _is_bytes(value: Any) -> bool:
  return isinstance(value, dict) and set(value) == {"b64"}


def text(value: Any, name: str) -> bytes:
  """A string, or bytes, of JSON.

  Raises:
    ServiceError: It is neither.
  """
  if isinstance(value, str):
    return value.encode()
  if _is_bytes(value) and isinstance(value["b64"], str):
    try:
      return base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, ValueError) as error:
      raise invalid(f"{name!r}: not base64: {error}") from error
  raise invalid(
    f'{name!r}: expected a string or {{"b64": "..."}}, found {_kind(value)}'
  )


def _integer(value: Any, name: str) -> int:
  if type(value) is not int:
    raise invalid(f"{name!r}: expected a whole number, found {_kind(value)}")
  return value


def _number(value: Any, name: str) -> float:
  if type(value) not in (int, float):
    raise invalid(f"{name!r}: expected a number, found {_kind(value)}")
  return value


def _boolean(value: Any, name: str) -> bool:
  if type(value) is not bool:
    raise invalid(f"{name!r}: expected true or false, found {_kind(value)}")
  return value


_CONVERT = {
  "string": text,
  "bool": _boolean,
  **dict.fromkeys(("int32", "int64", "uint8", "int8", "int16"), _integer),
  **dict.fromkeys(("float32", "float64", "float16"), _number),
}


def text_examples(
  told: Mapping[str, Any],
) -> list[answering.TextExample]:
  """The examples of a request to classify or regress.

  Features are `text`, perhaps `text_pair`; "context" has those of all examples.

  Raises:
    ServiceError: The request is malformed.
  """
  _check_keys(told, (_SIGNATURE, "examples", "context"))
  examples, context = told.get("examples"), told.get("context", {})
  if not isinstance(examples, list) or not examples:
    raise invalid('"examples" has to be a list of at least one')
  if not isinstance(context, dict):
    raise invalid(f'"context" has to be an object, found {_kind(context)}')
  return [_example(x, context, index) for index, x in enumerate(examples)]


def _example(
  value: Any, context: Mapping[str, Any], index: int
) -> answering.TextExample:
  place = f"example {index}"
  if not isinstance(value, dict):
    raise invalid(f"{place}: expected an object, found {_kind(value)}")
  features = {**context, **value}
  known = [x.name for x in dataclasses.fields(answering.TextExample)]
  if "text" not in features or set(features) - set(known):
    raise invalid(
      f"{place}: expected the features text and perhaps text_pair, found "
      f"{', '.join(sorted(features))[:300] or 'none'}"
    )
  made = {}
  for name, feature in features.items():
    if isinstance(feature, list):
      if len(feature) != 1:
        raise invalid(f"{place}: {name!r} has {len(feature)} values, not one")
      (feature,) = feature
    made[name] = text(feature, f"{place}, {name}")
  return answering.TextExample(**made)


def predictions(outputs: Arrays, by_rows: bool) -> bytes:
  """The answer to a request to predict.

  Raises:
    ServiceError: JSON cannot hold it.
  """
  values = {name: _plain(value, name) for name, value in outputs.items()}
  if not by_rows:
    (only,) = values.values() if len(values) == 1 else (None,)
    return dumps({"outputs": only if len(values) == 1 else values})
  counts = {np.shape(x)[:1] for x in outputs.values()}
  if len(counts) != 1 or counts == {()}:
    raise invalid('the outputs are not one a row; ask with "inputs"')
  if len(values) == 1:
    return dumps({"predictions": next(iter(values.values()))})
  rows = zip(*values.values(), strict=True)
  return dumps(
    {"predictions": [dict(zip(values, row, strict=True)) for row in rows]}
  )


def dumps(value: Any) -> bytes:
  """JSON as bytes.

  Raises:
    ServiceError: A number is NaN or infinite.
  """
  try:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
  except ValueError as error:
    raise service_errors.ServiceError(
      "internal",
      "the model computes numbers that are NaN or infinite, which JSON cannot "
      "hold",
    ) from error


def _plain(value: npt.NDArray[Any], name: str) -> Any:
  if value.dtype != object:
    return value.tolist()
  if name.endswith("_bytes"):
    return _mapped(
      value.tolist(), lambda x: {"b64": base64.b64encode(x).decode()}
    )
  return _mapped(value.tolist(), lambda x: x.decode("utf-8", "replace"))


def _mapped(value: Any, function: Any) -> Any:
  if isinstance(value, list):
    return [_mapped(x, function) for x in value]
  return function(value)


def _check_keys(told: Mapping[str, Any], known: tuple[str, ...]) -> None:
  if unknown := sorted(set(told) - set(known)):
    raise invalid(
      f"unknown keys: {', '.join(unknown)[:300]}; expected {', '.join(known)}"
    )


def invalid(message: str) -> service_errors.ServiceError:
  """The error of a malformed request."""
  return service_errors.ServiceError("invalid", message)


def _kind(value: Any) -> str:
  names: dict[type[Any], str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
  }
  return names.get(type(value), repr(value)[:50])
