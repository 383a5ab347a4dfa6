"""The site of `make docs`: every public name and every page is in it."""

import importlib
import re

import bert_tf
from tests.conftest import ROOT

DOCS = ROOT / "docs"


def test_every_public_name_is_in_the_reference():
  shown = re.findall(r"^::: ([\w.]+)$", (DOCS / "api.md").read_text(), re.M)
  for path in shown:
    module, _, name = path.rpartition(".")
    assert getattr(bert_tf, name) is getattr(
      importlib.import_module(module), name
    )
  assert sorted(p.rpartition(".")[2] for p in shown) == sorted(bert_tf.__all__)


def test_every_page_is_in_the_navigation():
  listed = re.findall(r": (\w+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M)
  assert sorted(listed) == sorted(path.name for path in DOCS.glob("*.md"))


def test_lines_wrap_at_100():
  long = []
  for page in (ROOT / "README.md", *DOCS.glob("*.md")):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    long += [
      f"{page.name}: {line}"
      for line in text.splitlines()
      if len(line) > 100 and not line.startswith("|")
    ]
  assert not long
