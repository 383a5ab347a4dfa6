"""What pages take from the program; MkDocs calls this in `make docs`."""

import pathlib
import re
import subprocess
import sys

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_COMMANDS = "<!-- every command and its flags -->"


def on_page_markdown(markdown, page, config, files):
  """Returns the text of a page, the help of all commands in its place."""
  del config, files
  if page.file.src_uri != "commands.md":
    return markdown
  assert _COMMANDS in markdown
  return markdown.replace(_COMMANDS, _reference())


def _reference():
  names = re.findall(r"^  (\w+)  ", _said(), re.M)
  sections = [
    f"## {name}\n\n```text\n{_said(name, '--help')}```" for name in names
  ]
  return "\n\n".join(sections)


def _said(*arguments):
  return subprocess.run(
    [sys.executable, "-m", "bert_tf", *arguments],
    cwd=_ROOT,
    check=True,
    capture_output=True,
    text=True,
  ).stdout
