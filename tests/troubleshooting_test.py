"""The messages of docs/troubleshooting.md are those of the program."""

import ast
import pathlib
import re

import pytest

from tests import conftest

PAGE = conftest.ROOT / "docs" / "troubleshooting.md"
OTHERS = "Keras and TensorFlow"  # the section with messages of theirs
ANYTHING = "\0"  # what differs, in a message of the program


def quoted():
  """The messages quoted in the first column, of our own."""
  found = []
  for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
    if not part.startswith(OTHERS):
      rows = re.findall(r"^\| (.*?) \|", part, re.M)
      found += [x for row in rows for x in re.findall(r"`(.+?)`", row)]
  return [x for x in found if " " in x]


def text_of(node):
  """A string of the source, with `ANYTHING` for what is filled in."""
  if isinstance(node, ast.JoinedStr):
    return "".join(map(text_of, node.values))
  if isinstance(node, ast.Constant) and isinstance(node.value, str):
    return re.sub(r"%[-.\d,]*[sdfg]", ANYTHING, node.value)
  return ANYTHING


@pytest.fixture(scope="module")
def strings():
  files = (conftest.ROOT / "bert_tf").rglob("*.py")
  nodes = [
    node
    for path in files
    for node in ast.walk(ast.parse(pathlib.Path(path).read_text("utf-8")))
    if isinstance(node, ast.JoinedStr | ast.Constant)
  ]
  return [text for text in map(text_of, nodes) if " " in text]


def pattern(message):
  """What finds it: `...` stands for anything of one string."""
  parts = [re.escape(x.strip()) for x in message.split("...") if x.strip()]
  return re.compile(".*".join(parts), re.S)


@pytest.mark.parametrize("message", quoted())
def test_is_a_message_of_the_program(strings, message):
  found = pattern(message)
  assert any(found.search(text) for text in strings)


def test_an_invented_one_is_found_out(strings):
  found = pattern("... was trained with learning_rate=..., now it is ...")
  assert not any(found.search(text) for text in strings)
