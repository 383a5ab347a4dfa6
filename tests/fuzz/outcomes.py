"""What became of a damaged file: read right, refused by name, or neither."""

import dataclasses
import functools
import hashlib
import pathlib
import re
import tempfile

import numpy as np

from bert_tf.commands import command_line

READ, REFUSED = "read", "refused"
SILENT, UNNAMED = "silent", "unnamed"
# What no user should see of the insides of a library.
_INSIDES = re.compile(
  r"\{\{(function_)?node|Traceback|function_node|0x[0-9a-f]{6,}|<\S+ object at "
)
_LONGEST = 1500


@dataclasses.dataclass(frozen=True)
class Outcome:
  """Of one damaged file.

  Attributes:
    kind: One of the four.
    told: What was said, for the report of a failure.
  """

  kind: str
  told: str = ""

  @property
  def is_right(self):
    """Whether nothing is to be mended."""
    return self.kind in (READ, REFUSED)


@functools.cache
def _undamaged(target):
  """What the good files say."""
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder)
    target.fill(path)
    return target.read(path)


def same(found, good):
  """Whether all that was read is what was written."""
  return _digest(found) == _digest(good)


def _digest(value):
  state = hashlib.sha256()
  _add(state, value)
  return state.hexdigest()


def _add(state, value):
  if isinstance(value, dict):
    for key in sorted(value, key=repr):
      state.update(repr(key).encode())
      _add(state, value[key])
  elif isinstance(value, np.ndarray) and value.dtype.kind != "O":
    state.update(f"{value.dtype}{value.shape}".encode())
    state.update(np.ascontiguousarray(value).tobytes())
  else:
    state.update(repr(value).encode("utf-8", "surrogatepass"))


def judge(target, folder):
  """Reads a folder with a damaged file, as a command would.

  Returns:
    `refused` for a plain error that names a file in the folder; `unnamed` for
    one that does not, or that a command would end with a traceback; `silent`
    where a file with checksums was read to something else.
  """
  try:
    found = target.read(folder)
  except Exception as error:
    return _of_error(error, folder)
  if not target.agrees(found, _undamaged(target)):
    return Outcome(SILENT, "read to something else")
  return Outcome(READ)


def _of_error(error, folder):
  told = f"{type(error).__name__}: {error}"
  is_ours = command_line.is_plain(error) and not _is_of_tensorflow(error)
  said = command_line.message(error)
  named = str(folder) in said
  said = said.replace(str(folder), "")
  if not is_ours or not named or _INSIDES.search(said) or len(said) > _LONGEST:
    return Outcome(UNNAMED, told[:3000])
  return Outcome(REFUSED, told)


def _is_of_tensorflow(error):
  return any(c.__name__ == "OpError" for c in type(error).__mro__)
