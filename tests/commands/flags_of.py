"""As a program, tells of a command's flags: `flags_of.py MODULE LINES`.

LINES is JSON, a list of command lines; see `commands.flags_of`.
"""

import importlib
import json
import pathlib
import sys

from absl import flags


def error_of(line):
  """What is wrong with a command line, or None."""
  for name in flags.FLAGS:
    flags.FLAGS[name].unparse()
  try:
    rest = flags.FLAGS(["command", *line])[1:]
  except flags.Error as error:
    return str(error)
  return f"unknown arguments: {rest}" if rest else None


if __name__ == "__main__":
  sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
  command, lines = sys.argv[1:]
  module = importlib.import_module(command)
  key = flags.FLAGS.get_key_flags_for_module(module.__name__)
  print(
    json.dumps(
      {
        "all": {name: flags.FLAGS[name].default for name in flags.FLAGS},
        "key": {flag.name: flag.default for flag in key},
        "errors": [error_of(line) for line in json.loads(lines)],
      }
    )
  )
