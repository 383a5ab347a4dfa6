"""JSON as the library reads it: what has no meaning to it is refused."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

_MAY_BE_LONE = re.compile(r"\\u[dD][89a-fA-F]")
_INFINITE = float("inf")


def parse(text: str, path: str, kind: str = "JSON file") -> Any:
  """Parses JSON text.

  Args:
    text: The text.
    path: Where it was read, for messages.
    kind: What it is expected to be, for messages.

  Raises:
    ValueError: It is no JSON, or has in it what is none by the standard (NaN,
      infinite numbers) or is no text (half of a surrogate pair). The message
      names the file and the place.
  """
  try:
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
  except (ValueError, RecursionError) as error:
    raise ValueError(f"{path}: not a {kind}: {error}") from error
  if _MAY_BE_LONE.search(text):
    _check_text(value, path)
  return value


def _refuse(constant: str) -> NoReturn:
  raise ValueError(f"found {constant}, expected a finite number")


def _finite(number: str) -> float:
  value = float(number)
  if abs(value) == _INFINITE:
    raise ValueError(f"found {number[:40]}, expected a finite number")
  return value


def _check_text(value: Any, path: str) -> None:
  for place, text in _texts(value, ""):
    try:
      text.encode()
    except UnicodeEncodeError as error:
      raise ValueError(
        f"{path}: {place or 'the value'}: found {text[error.start]!a}, half of "
        "a surrogate pair, which is no character; mend or remove it"
      ) from None


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
  """All strings in a value, keys too, each with the path to it."""
  if isinstance(value, str):
    yield place, value
  elif isinstance(value, list):
    for index, inner in enumerate(value):
      yield from _texts(inner, f"{place}[{index}]")
  elif isinstance(value, dict):
    for key, inner in value.items():
      yield f"a key of {place or 'the object'}", key
      yield from _texts(inner, f"{place}.{key}" if place else key)
