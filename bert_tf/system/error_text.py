"""What errors say, without the insides of the libraries they come from."""

import re

# Where in a graph TensorFlow was, which tells a user nothing.
_INSIDES = re.compile(
  r"\{\{function_node .*?\}\}\s*|\{\{node .*?\}\}\s*|\s*\[Op:\w*\]( name:\s*)?"
)
# What a store answered; Google's answers in JSON say what was not permitted.
_ANSWER = re.compile(r" with body '(.*)'(?=\s+when\s|\s*$)", re.DOTALL)
_SAID = re.compile(r'"message":\s*"((?:[^"\\]|\\.)*)"')
_LONGEST = 1200


def plain(error: BaseException) -> str:
  """The message of an error of TensorFlow's, the useful part of it."""
  text = getattr(error, "message", None) or str(error)
  return _ANSWER.sub(_said, _INSIDES.sub("", str(text))).strip()


def _said(answer: re.Match[str]) -> str:
  found = _SAID.search(answer[1])
  return f": {found[1]}" if found else ""


def shortened(text: str) -> str:
  """A text of at most some 1,200 characters: of a longer one both ends."""
  if len(text) <= _LONGEST:
    return text
  half = _LONGEST // 2 - 20
  left_out = len(text) - 2 * half
  return f"{text[:half]} [... {left_out} characters ...] {text[-half:]}"
