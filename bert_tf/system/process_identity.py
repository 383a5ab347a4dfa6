"""Which process something belongs to, and whether that process still lives.

A number alone tells little: it is given again to another process. With the time
at which the process started, and the name of the machine, it tells one process
from all others.
"""

import dataclasses
import functools
import os
import re
import socket

_MOST_HOST = 63


@dataclasses.dataclass(frozen=True)
class Process:
  """One process.

  Attributes:
    host: Name of its machine, of letters, digits, `.`, `_` and `-`.
    pid: Its number.
    start: When it started, in the units of /proc; 0 where that is not known.
  """

  host: str
  pid: int
  start: int

  def is_of_this_host(self) -> bool:
    """Whether it runs, or ran, on this machine."""
    return self.host == host()

  def is_alive(self) -> bool:
    """Whether it runs; asked of processes of this host only."""
    if self.pid < 1:
      return False
    try:
      os.kill(self.pid, 0)
    except ProcessLookupError:
      return False
    except PermissionError:
      pass  # it runs, for another user
    found = _state(self.pid)
    if found is None:
      return True
    is_over, start = found
    return not is_over and self.start in (0, start)


def here() -> Process:
  """This process."""
  found = _state(os.getpid())
  return Process(host(), os.getpid(), found[1] if found else 0)


@functools.cache
def host() -> str:
  """The name of this machine, without characters that file names mind."""
  name = re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname())
  return name[:_MOST_HOST] or "localhost"


def _state(pid: int) -> tuple[bool, int] | None:
  """Whether a process is over, and when it started; None if not known.

  Source: proc(5), /proc/PID/stat. The second field, the program's name, is in
  parentheses and may hold anything.
  """
  try:
    with open(f"/proc/{pid}/stat", "rb") as file:
      fields = file.read().rpartition(b")")[2].split()
    return fields[0] in (b"Z", b"X"), int(fields[19])
  except (OSError, IndexError, ValueError):
    return None
