"""Flags that name a column of a file, by number or by name."""

import re
from typing import Any

from absl import flags

flags.disclaim_key_flags()


class _ColumnParser(flags.ArgumentParser):  # type: ignore[type-arg]
  """Reads a number as one, and all else as a name."""

  syntactic_help = "a number, or a name in the header"

  def parse(self, argument: Any) -> int | str:
    """The number or the name."""
    text = str(argument)
    return int(text) if re.fullmatch(r"-?\d+", text) else text

  def flag_type(self) -> str:
    """As `--help` shows it."""
    return "string"


def define(name: str, default: int | None, text: str) -> None:
  """Defines one of them."""
  flags.DEFINE(_ColumnParser(), name, default, text)
