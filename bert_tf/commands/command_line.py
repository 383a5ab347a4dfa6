"""How every command starts and ends."""

import importlib
import os
import pathlib
import sys
from collections.abc import Callable

from absl import app, flags, logging

_INTERRUPTED = 130  # as shells have it for SIGINT
_PLAIN = (OSError, ValueError, ImportError, RuntimeError)


def is_plain(error: Exception) -> bool:
  """Whether an error speaks for itself, without a traceback.

  TensorFlow's errors of files and systems do; it need not be imported here.
  """
  of_tensorflow = any(c.__name__ == "OpError" for c in type(error).__mro__)
  return of_tensorflow or isinstance(error, _PLAIN)


def run_command(name: str) -> None:
  """Runs the command of that name: `bert_tf/commands/<name>.py`."""
  module = importlib.import_module(f"bert_tf.commands.{name}")
  for flag in flags.FLAGS.get_key_flags_for_module(module.__name__):
    flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
  run(module.main)


def run(main: Callable[[], None]) -> None:
  """Parses the flags and calls `main`.

  The log shows what goes on (`--verbosity` changes that). An error of files,
  settings or numbers ends the command with status 1 and one plain message.
  """

  def called(argv: list[str]) -> None:
    if len(argv) > 1:
      raise app.UsageError(
        f"unknown arguments: {' '.join(argv[1:])}; a flag's value follows a =, "
        "as in --name=value"
      )
    if flags.FLAGS["verbosity"].using_default_value:
      logging.set_verbosity(logging.INFO)
    name = pathlib.Path(argv[0]).stem
    try:
      main()
      sys.stdout.flush()
    except KeyboardInterrupt:
      print(f"{name}: interrupted", file=sys.stderr)
      sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # Who reads the answers has seen enough.
      os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
      sys.exit(1)
    except Exception as error:
      if not is_plain(error):
        raise
      logging.debug("where it happened", exc_info=True)
      sys.exit(f"{name}: {error}")

  app.run(called)
