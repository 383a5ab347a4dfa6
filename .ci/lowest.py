"""Prints the dependencies of pyproject.toml, each at its lower bound."""

import pathlib
import re
import tomllib

_ROOT = pathlib.Path(__file__).resolve().parents[1]

if __name__ == "__main__":
  project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
  for dependency in project["dependencies"]:
    found = re.match(r"([\w.-]+)>=([\w.]+)", dependency)
    if not found:
      raise SystemExit(f"pyproject.toml: {dependency!r} has no lower bound")
    print(f"{found[1]}=={found[2]}")
