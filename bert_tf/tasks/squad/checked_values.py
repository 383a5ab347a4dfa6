"""Values of files of questions, checked, with messages that name the place."""

from typing import Any


class SquadFormatError(ValueError):
  """A file of questions is not as expected."""


def get(node: Any, key: str, kind: Any, where: str) -> Any:
  """The value of a key.

  Args:
    node: An object of JSON, or whatever stands in its place.
    key: The key.
    kind: A type, or several.
    where: The place, for messages.

  Raises:
    SquadFormatError: There is no such key, or its value is of another type.
  """
  if not isinstance(node, dict):
    raise SquadFormatError(
      f"{where}: found {type(node).__name__}, expected an object with the key "
      f"{key!r}"
    )
  if key not in node:
    has = ", ".join(map(repr, node)) or "none"
    hint = ""
    if key == "is_impossible":
      hint = "; version_2_with_negative is for files of SQuAD 2.0"
    raise SquadFormatError(
      f"{where}: the key {key!r} is missing; found the keys: {has}{hint}"
    )
  value = node[key]
  kinds = kind if isinstance(kind, tuple) else (kind,)
  # To Python a bool is an int.
  if not isinstance(value, kinds) or (
    isinstance(value, bool) and bool not in kinds
  ):
    expected = " or ".join(k.__name__ for k in kinds)
    raise SquadFormatError(
      f"{where}: {key!r} is {type(value).__name__}, expected {expected}"
    )
  return value
