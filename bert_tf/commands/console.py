"""The console command `bert_tf`: `bert_tf NAME --FLAG=VALUE ...`.

Nothing here imports TensorFlow, nor a command that is not asked for.
"""

import ast
import difflib
import pathlib
import sys
from collections.abc import Mapping

import bert_tf
from bert_tf.commands import command_line

_COMPLETION = "completion"
_COMPLETION_DOC = "Prints a script that completes in bash or zsh."


def commands() -> Mapping[str, str]:
  """What each command does, by its name; read, not imported."""
  found = {}
  for path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
    tree = ast.parse(path.read_text("utf-8"))
    defined = {x.name for x in tree.body if isinstance(x, ast.FunctionDef)}
    if "main" in defined and path.stem != "console":
      found[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
  return found


def main() -> None:
  """Runs the command that the first argument names."""
  arguments = sys.argv[1:]
  if not arguments or arguments[0] in ("help", "--help", "-h"):
    _print(_listed(commands()))
  elif arguments[0] == "--version":
    _print(f"bert_tf {bert_tf.__version__}")
  elif arguments[0] == _COMPLETION:
    _print_completion(arguments[1:])
  elif arguments[0] in commands():
    sys.argv = list(arguments)
    command_line.run_command(arguments[0])
  else:
    sys.exit(_unknown(arguments[0]))


def _listed(found: Mapping[str, str]) -> str:
  width = max(map(len, found)) + 2
  lines = [f"  {name:<{width}}{doc}" for name, doc in found.items()]
  lines.append(f"  {_COMPLETION:<{width}}{_COMPLETION_DOC}")
  return "\n".join(
    [
      "bert_tf: Google's original BERT on current TensorFlow.",
      "",
      "bert_tf COMMAND --FLAG=VALUE ...",
      "",
      *lines,
      "",
      "`bert_tf COMMAND --help` shows an example and the flags; "
      "`bert_tf --version`.",
    ]
  )


def _unknown(name: str) -> str:
  near = difflib.get_close_matches(name, [*commands(), _COMPLETION], 1)
  hint = f"did you mean {near[0]}? " if near else ""
  return f"bert_tf: no command {name!r}; {hint}`bert_tf` lists all"


def _print_completion(arguments: list[str]) -> None:
  from bert_tf.commands import completion

  shells = "|".join(completion.SHELLS)
  usage = f"usage: bert_tf {_COMPLETION} {shells}"
  if arguments in (["--help"], ["-h"]):
    _print(
      f"{_COMPLETION_DOC}\n\n{usage}\nsource <(bert_tf {_COMPLETION} bash)"
    )
    return
  if len(arguments) != 1 or arguments[0] not in completion.SHELLS:
    sys.exit(f"bert_tf: {usage}")
  _print(completion.script(arguments[0], list(commands())))


def _print(text: str) -> None:
  with command_line.readers_may_leave():
    print(text)


if __name__ == "__main__":
  main()
