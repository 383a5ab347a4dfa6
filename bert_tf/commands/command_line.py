"""How every command starts and ends."""

import contextlib
import functools
import importlib
import inspect
import itertools
import os
import pathlib
import signal
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

from absl import app, flags, logging

from bert_tf.commands import before_tensorflow, flag_help, model_flags
from bert_tf.system import error_text, stop_signals

_PLAIN = (OSError, ValueError, ImportError, RuntimeError)
_HELP = {"--help", "-help", "--h", "-h", "-?", "--helpshort"}


def is_plain(error: Exception) -> bool:
  """Whether an error speaks for itself, without a traceback.

  TensorFlow's errors of files and systems do; it need not be imported here.
  """
  of_tensorflow = any(c.__name__ == "OpError" for c in type(error).__mro__)
  return of_tensorflow or isinstance(error, _PLAIN)


def message(error: Exception) -> str:
  """What a command says of a plain error, of any length and origin."""
  return error_text.shortened(error_text.plain(error))


@contextlib.contextmanager
def readers_may_leave() -> Iterator[None]:
  """Ends the command quietly where who reads the answers has seen enough."""
  try:
    yield
    sys.stdout.flush()
  except BrokenPipeError:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def run_command(name: str) -> None:
  """Runs the command of that name: `bert_tf/commands/<name>.py`."""
  run(importlib.import_module(f"bert_tf.commands.{name}").main)


def run(main: Callable[..., None]) -> None:
  """Parses the flags and calls `main`, with what follows `--` if it takes that.

  TensorFlow is imported by what `main` calls, if at all: not before the flags
  are known to be right. The log shows what goes on (`--verbosity` changes
  that). An error of flags, files, settings or numbers ends the command with
  status 1 and one plain message, or with the status that the error tells.
  """

  def called(argv: list[str]) -> None:
    if flags.FLAGS["verbosity"].using_default_value:
      logging.set_verbosity(logging.INFO)
    before_tensorflow.prepare(is_quiet=flags.FLAGS.verbosity < 1)
    name = _name(argv[0])
    try:
      with readers_may_leave():
        model_flags.resolve()
        main(*[argv[1:]] * _takes_command(main))
    except stop_signals.Stopped as stopped:
      raise _ended(name, stopped) from None
    except Exception as error:
      if not is_plain(error):
        raise
      logging.debug("where it happened", exc_info=True)
      print(f"{name}: {message(error)}", file=sys.stderr)
      sys.exit(getattr(error, "exit_status", 1))

  with stop_signals.handled():
    app.run(called, flags_parser=functools.partial(_parse, main))


def _takes_command(main: Callable[..., None]) -> bool:
  """Whether a command runs another one, which follows `--`."""
  return bool(inspect.signature(main).parameters)


def _parse(main: Callable[..., None], argv: list[str]) -> list[str]:
  """Reads the flags; returns the program and what follows `--`."""
  command: list[str] = []
  if _takes_command(main) and "--" in argv:
    at = argv.index("--")
    argv, command = argv[:at], argv[at + 1 :]
  if _HELP & set(argv[1:]):
    with readers_may_leave():
      print(_help(main))
    sys.exit(0)
  for before, word in itertools.pairwise(argv[1:]):
    name = before.lstrip("-").removeprefix("no")
    if before[:1] == "-" != word[:1] and _is_boolean(name):
      _fail(
        f"unknown arguments: {word}; a flag's value follows a =, as in "
        f"--{name}={word}"
      )
  try:
    rest: list[str] = flags.FLAGS(argv)
  except flags.Error as error:
    missing = ", ".join(f"--{x}" for x in flag_help.missing())
    needed = f"{missing} {flag_help.NEEDED}"
    _fail(needed if flag_help.NEEDED in str(error) else str(error))
  if len(rest) > 1:
    _fail(
      f"unknown arguments: {' '.join(rest[1:])}; a flag's value follows a =, "
      "as in --name=value"
    )
  return rest + command


def _fail(message: str) -> NoReturn:
  sys.exit(f"{_name(sys.argv[0])}: {message} (--help lists the flags)")


def _ended(name: str, stopped: stop_signals.Stopped) -> SystemExit:
  """The end of a command that was told to end, with a word about it."""
  said = stopped.message or "ended, nothing is left half written"
  signal_name = signal.Signals(stopped.number).name
  print(f"{name}: {signal_name}: {said}", file=sys.stderr, flush=True)
  return SystemExit(stopped.code)


def _name(program: str) -> str:
  return pathlib.Path(program).stem


def _help(main: Callable[[], None]) -> str:
  """What --help prints, of the module that `main` is in."""
  module = main.__module__
  # absl knows the flags of the program itself by the program's name.
  owner = sys.argv[0] if module == "__main__" else module
  return flag_help.text(
    sys.modules[module].__doc__ or "",
    flags.FLAGS.get_key_flags_for_module(owner),
  )


def _is_boolean(name: str) -> bool:
  return name in flags.FLAGS and bool(flags.FLAGS[name].boolean)
