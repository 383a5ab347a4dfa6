"""Runs the commands as a user calls them, for several tests."""

import functools
import json
import os
import pathlib
import re
import subprocess
import sys

from tests import forks
from tests.conftest import ROOT

_PROGRESS = re.compile(r"step \d+/\d+, examples/s")
_FLAGS_OF = pathlib.Path(__file__).with_name("flags_of.py")


def run(name, *flags, by_path=False, input=None, cwd=ROOT, timeout=300):
  """Runs a command as a module or, from any folder, by its path.

  That it starts by itself, in a process of its own, needs to be seen once: by
  its path. As a module it is a fork, see forks.py.
  """
  is_command = (ROOT / "tools" / f"{name}.py").exists()
  room = "tools" if is_command else "benchmarks"
  if by_path:
    path = pathlib.Path(room, f"{name}.py")
    program = [str(path if cwd == ROOT else ROOT / path)]
    return alone(*program, *flags, input=input, cwd=cwd, timeout=timeout)
  return forked(["-m", f"{room}.{name}"], flags, input or "", cwd, timeout)


def alone(*arguments, **kwargs):
  """Runs Python from the root; `kwargs` are those of subprocess.run."""
  settings = {"cwd": ROOT, "timeout": 300, "check": False} | kwargs
  return subprocess.run(
    [sys.executable, *arguments], capture_output=True, text=True, **settings
  )


def forked(how, arguments, input="", cwd=ROOT, timeout=300):
  """Runs what forks.Fork runs, to its end."""
  fork = forks.Fork(how, arguments, cwd, os.environ, input)
  out, err = fork.communicate(timeout)
  return subprocess.CompletedProcess(how, fork.returncode, out, err)


def as_flags(mapping):
  """`--name=value` for each pair; a value of None leaves the flag out."""
  return [f"--{k}={v}" for k, v in mapping.items() if v is not None]


@functools.cache
def flags_of(name, *lines, package="bert_tf.commands"):
  """What a command says of its flags.

  In a process of its own: other commands have flags of the same names.

  Args:
    name: The command.
    *lines: Command lines to read, tuples of arguments.
    package: The package that holds it.

  Returns:
    `all`: defaults by name; `key`: of those that --help lists; `errors`: of
    each command line what is wrong with it, or None.
  """
  done = forked([str(_FLAGS_OF)], [f"{package}.{name}", json.dumps(lines)])
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout)


def assert_required(name, *required):
  """Asserts that a command wants these flags, and names the missing one."""
  lines = [
    tuple(f"--{flag}=x" for flag in required if flag != missing)
    for missing in required
  ]
  errors = flags_of(name, tuple(f"--{x}=x" for x in required), *lines)["errors"]
  assert errors[0] is None
  for flag, error in zip(required, errors[1:], strict=True):
    assert re.search(f"--{flag} must (have a value|be given)", str(error))


def assert_plain_error(done, *messages):
  """Asserts that a command ended with status 1 and no more than a message."""
  # Not rewritten by pytest, so each says what it saw.
  assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
  for message in messages:
    assert message in done.stderr, f"no {message!r} in\n{done.stderr}"
  assert "Traceback" not in done.stderr, done.stderr


def assert_short(said, most=25):
  """Asserts that a run has said what it has to say in a few lines.

  On a busy machine there are more lines of progress, which are not counted.
  """
  lines = [x for x in said.splitlines() if not _PROGRESS.search(x)]
  assert len(lines) <= most, said
