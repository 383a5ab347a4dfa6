"""pyproject.toml: its ranges hold the tested versions, its data exists."""

import re
import tomllib

from packaging import requirements, utils

import bert_tf
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pinned():
  """Tested versions by name, of both requirements files."""
  found = {}
  for name in ("requirements.txt", "requirements-dev.txt"):
    for line in (ROOT / name).read_text().splitlines():
      if match := re.match(r"([\w-]+)==([\w.]+)", line):
        found[utils.canonicalize_name(match[1])] = match[2]
  return found


def test_ranges_hold_what_is_tested():
  tested = pinned()
  ranges = list(PROJECT["project"]["dependencies"])
  for extra in PROJECT["project"]["optional-dependencies"].values():
    ranges += extra
  needed = {
    utils.canonicalize_name(requirements.Requirement(x).name): x for x in ranges
  }
  for name, line in needed.items():
    assert tested[name] in requirements.Requirement(line).specifier, line
  assert set(tested) == set(needed)


def test_data_is_there():
  for name in PROJECT["tool"]["setuptools"]["package-data"]["bert_tf"]:
    assert (ROOT / "bert_tf" / name).is_file()


def test_the_version_is_in_one_place():
  assert PROJECT["project"]["dynamic"] == ["version"]
  assert re.fullmatch(r"\d+\.\d+\.\d+", bert_tf.__version__)
