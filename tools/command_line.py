"""How every command starts and ends."""

import pathlib
import sys
from collections.abc import Callable

from absl import app, flags, logging


def run(main: Callable[[], None]) -> None:
  """Parses the flags and calls `main`.

  The log shows what goes on (`--verbosity` changes that). An error of files,
  settings or numbers ends the command with status 1 and one plain message.
  """

  def called(argv: list[str]) -> None:
    if len(argv) > 1:
      raise app.UsageError(f"unknown arguments: {' '.join(argv[1:])}")
    if flags.FLAGS["verbosity"].using_default_value:
      logging.set_verbosity(logging.INFO)
    try:
      main()
    except (OSError, ValueError, ImportError, RuntimeError) as error:
      logging.debug("where it happened", exc_info=True)
      sys.exit(f"{pathlib.Path(argv[0]).stem}: {error}")

  app.run(called)
