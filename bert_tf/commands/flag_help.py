"""What `--help` prints: purpose, example, flags in groups."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from absl import flags

from bert_tf.commands import flag_groups

_WIDTH = 80
NEEDED = "must have a value other than None"
_GROUP_OF = {
  name: group
  for group, names in flag_groups.GROUPS.items()
  for name in names.split()
}


def text(doc: str, defined: Iterable[Any]) -> str:
  """The whole text.

  Args:
    doc: The command's docstring: a line, then text and an example.
    defined: Its flags.
  """
  parts = [doc.strip(), "Flags; those marked * are required."]
  by_group: dict[str, list[Any]] = {group: [] for group in flag_groups.GROUPS}
  for flag in defined:
    by_group[_GROUP_OF.get(flag.name, flag_groups.OTHERS)].append(flag)
  for group, members in by_group.items():
    if members:
      order = flag_groups.GROUPS[group].split()
      members.sort(
        key=lambda flag, order=order: (  # type: ignore[misc]
          not is_required(flag),
          order.index(flag.name) if flag.name in order else 0,
        )
      )
      parts.append("\n".join([f"{group}:", *map(_described, members)]))
  parts.append(
    "--verbosity=-1 prints only warnings and errors, --verbosity=1 everything."
    " --helpfull lists the flags of absl as well."
  )
  return "\n\n".join(parts)


def is_required(flag: Any) -> bool:
  """Whether a flag must be given."""
  return any(NEEDED in each.message for each in flag.validators)


def missing() -> list[str]:
  """The required flags that have no value."""
  known = flags.FLAGS
  return [
    name
    for name in sorted(known)
    if known[name].value is None and is_required(known[name])
  ]


def choices(flag: Any) -> Sequence[str]:
  """What may follow the = of a flag, where that is a short list."""
  return getattr(flag.parser, "enum_values", None) or ()


def _described(flag: Any) -> str:
  mark = "*" if is_required(flag) else " "
  name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
  if choices(flag):
    name += f"=<{'|'.join(choices(flag))}>"
  elif not flag.boolean:
    name += f"={_kind(flag)}"
  about = re.sub(r"\s+", " ", flag.help)
  about = about.removeprefix(f"<{'|'.join(choices(flag))}>: ")
  if flag.default not in (None, "", []) and not flag.boolean:
    about += f" (default: {_shown(flag.default)})"
  elif flag.boolean and flag.default is not None and "Default:" not in about:
    about += f" (default: {str(flag.default).lower()})"
  body = textwrap.fill(
    about,
    _WIDTH,
    initial_indent=" " * 6,
    subsequent_indent=" " * 6,
    break_on_hyphens=False,
    break_long_words=False,
  )
  return f"{mark} {name}\n{body}"


def _kind(flag: Any) -> str:
  kind = flag.flag_type()
  names = {"int": "N", "float": "X", "comma separated list of strings": "A,B"}
  return names.get(kind, "TEXT")


def _shown(default: Any) -> str:
  if isinstance(default, list):
    return ",".join(default)
  return str(default)
