"""The commands that README.md and docs/ show: their flags are there."""

import ast
import collections
import re
import shlex

import pytest

from tests.commands import running
from tests.conftest import ROOT

# Commands, or shell lines around them; blocks of Python are matched, too, so
# that their ends are not taken for beginnings.
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_SHELL = ("", "sh")
_COMMAND = re.compile(
  r"(?:python -m (tools|benchmarks)\.|\b(bert_tf) )([a-z]\w+)([^|\n]*)"
)
_PACKAGES = {
  "tools": "bert_tf.commands",
  "bert_tf": "bert_tf.commands",
  "benchmarks": "benchmarks",
}
# Numbers that a script of examples/ computes or is given.
_NUMBERS = re.compile(r'\$\(\([^)]*\)+|"\$(?:steps|rate)"')
_MISSING = re.compile(r"must (have a value other than None|be given, or)")


def shown():
  """The command lines of each command, by its name."""
  found = collections.defaultdict(list)
  pages = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
  blocks = [
    text
    for page in pages
    for language, text in _BLOCK.findall(page.read_text())
    if language in _SHELL
  ]
  for path in (ROOT / "bert_tf" / "commands").glob("*.py"):
    _, _, example = ast.get_docstring(ast.parse(path.read_text())).partition(
      "Example:\n"
    )
    blocks.append(example)
  for path in (ROOT / "examples").glob("*.sh"):
    blocks.append(_NUMBERS.sub("8", path.read_text()))
  for block in blocks:
    text = re.sub(r"\\\n\s*", "", block)
    text = text.replace(" -- ", "\n")  # a command, run by another
    for tools, console, name, line in _COMMAND.findall(text):
      if name != "completion":
        found[_PACKAGES[tools or console], name].append(
          tuple(shlex.split(line, comments=True))
        )
  return found


SHOWN = shown()


def test_many_are_shown():
  assert len(SHOWN) >= 14
  assert sum(map(len, SHOWN.values())) >= 30


@pytest.mark.parametrize("command", sorted(SHOWN), ids=".".join)
def test_flags_are_there(command):
  """A variable, as $MODEL, may stand for those that are needed."""
  lines = [tuple(x for x in line if x[0] != "$") for line in SHOWN[command]]
  errors = running.flags_of(command[1], *lines, package=command[0])["errors"]
  for line, read, error in zip(SHOWN[command], lines, errors, strict=True):
    is_whole = len(read) == len(line)
    assert error is None or (_MISSING.search(error) and not is_whole), line
