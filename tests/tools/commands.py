"""Runs the commands as a user calls them, for several tests."""

import ast
import pathlib
import subprocess
import sys

from tests.conftest import ROOT

_FLAG_DEFAULTS = """
import importlib, sys
from absl import flags
name, key = sys.argv[1:]
module = importlib.import_module(f"tools.{name}")
found = [flags.FLAGS[name] for name in flags.FLAGS]
if key == "True":
  found = flags.FLAGS.get_key_flags_for_module(module.__name__)
print({flag.name: flag.default for flag in found})
"""


def python(*arguments, **kwargs):
  """Runs Python from the root; `kwargs` are those of subprocess.run."""
  settings = {"cwd": ROOT, "timeout": 300, "check": False} | kwargs
  return subprocess.run(
    [sys.executable, *arguments], capture_output=True, text=True, **settings
  )


def run(name, *flags, by_path=False, input=None, cwd=ROOT, **kwargs):
  """Runs a command as a module or, from any folder, by its path."""
  how = ["-m", f"tools.{name}"]
  if by_path:
    path = pathlib.Path("tools", f"{name}.py")
    how = [str(path if cwd == ROOT else ROOT / path)]
  return python(*how, *flags, input=input, cwd=cwd, **kwargs)


def as_flags(mapping):
  """`--name=value` for each pair; a value of None leaves the flag out."""
  return [f"--{k}={v}" for k, v in mapping.items() if v is not None]


def flag_defaults(name, key=False):
  """A command's flags and defaults; with `key` only those --help lists.

  In a process of its own: other commands have flags of the same names.
  """
  done = python("-c", _FLAG_DEFAULTS, name, str(key), check=True)
  return ast.literal_eval(done.stdout)


def assert_plain_error(done, *messages):
  """Asserts that a command ended with status 1 and no more than a message."""
  # Not rewritten by pytest, so each says what it saw.
  assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
  for message in messages:
    assert message in done.stderr, f"no {message!r} in\n{done.stderr}"
  assert "Traceback" not in done.stderr, done.stderr
