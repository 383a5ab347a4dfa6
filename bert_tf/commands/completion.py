"""Shell completion: a script with a table of all commands and flags.

The table is made when the script is printed, so that a Tab starts no Python.
"""

import importlib
from collections.abc import Iterable
from typing import Any

from absl import flags

from bert_tf.commands import flag_help

_BEFORE_ZSH = "autoload -U +X bashcompinit && bashcompinit\n"
SHELLS = {"bash": "", "zsh": _BEFORE_ZSH}
# Bash breaks words at "=", zsh does not; both are seen to here.
_SCRIPT = r"""
_bert_tf() {
  local word="${COMP_WORDS[COMP_CWORD]}" flag="" known=""
  if [[ "$word" == --*=* ]]; then
    flag="${word%%=*}"
  elif [[ "$word" == "=" ]]; then
    flag="${COMP_WORDS[COMP_CWORD-1]}"; word=""
  elif [[ "${COMP_WORDS[COMP_CWORD-1]}" == "=" ]]; then
    flag="${COMP_WORDS[COMP_CWORD-2]}"
  fi
  if [[ "$COMP_CWORD" -eq 1 ]]; then
    known="COMMANDS"
  elif [[ -n "$flag" ]]; then
    case "${COMP_WORDS[1]} $flag" in
VALUES
    esac
    if [[ "$word" == --*=* ]]; then
      known="$(printf -- "$flag=%s " $known)"
    fi
  else
    case "${COMP_WORDS[1]}" in
FLAGS
    esac
  fi
  COMPREPLY=( $(compgen -W "$known" -- "$word") )
  if [[ "${#COMPREPLY[@]}" -eq 1 && "${COMPREPLY[0]}" == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o default -F _bert_tf bert_tf
"""


def script(shell: str, commands: Iterable[str]) -> str:
  """The script for a shell of `SHELLS`."""
  found = {name: _flags_of(name) for name in commands}
  found["completion"] = []
  flag_lines, value_lines = [], []
  for name, defined in found.items():
    shown = [f"--{x.name}" + ("" if x.boolean else "=") for x in defined]
    words = " ".join([*shown, "--help"]) if defined else " ".join(SHELLS)
    flag_lines.append(f'      {name}) known="{words}" ;;')
    for flag in defined:
      values = " ".join(flag_help.choices(flag))
      if values:
        value_lines.append(f'      "{name} --{flag.name}") known="{values}" ;;')
  return SHELLS[shell] + _SCRIPT.lstrip().replace(
    "COMMANDS", " ".join(found)
  ).replace("VALUES", "\n".join(value_lines)).replace(
    "FLAGS", "\n".join(flag_lines)
  )


def _flags_of(name: str) -> list[Any]:
  """A command's flags; the names are then free for the next command's."""
  module = importlib.import_module(f"bert_tf.commands.{name}")
  known = flags.FLAGS
  defined = sorted(
    known.get_key_flags_for_module(module.__name__), key=lambda x: str(x.name)
  )
  for flag in defined:
    delattr(known, flag.name)
  return defined
