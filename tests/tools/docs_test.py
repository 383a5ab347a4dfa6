"""The commands that README.md and docs/ show: their flags are there."""

import collections
import re
import shlex

import pytest

from tests.conftest import ROOT
from tests.tools import commands

_BLOCK = re.compile(r"^```\n(.*?)^```", re.M | re.S)
_COMMAND = re.compile(r"python -m tools\.([a-z]\w+)([^|\n]*)")
_MISSING = "must have a value other than None"


def shown():
  """The command lines of each command, by its name."""
  found = collections.defaultdict(list)
  for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
    for block in _BLOCK.findall(path.read_text()):
      text = re.sub(r"\\\n\s*", "", block)
      for name, line in _COMMAND.findall(text):
        found[name].append(tuple(shlex.split(line, comments=True)))
  return found


SHOWN = shown()


def test_many_are_shown():
  assert len(SHOWN) >= 14
  assert sum(map(len, SHOWN.values())) >= 30


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_flags_are_there(name):
  """A variable, as $MODEL, may stand for those that are needed."""
  lines = [tuple(x for x in line if x[0] != "$") for line in SHOWN[name]]
  errors = commands.flags_of(name, *lines)["errors"]
  for line, read, error in zip(SHOWN[name], lines, errors, strict=True):
    is_whole = len(read) == len(line)
    assert error is None or (_MISSING in error and not is_whole), line
