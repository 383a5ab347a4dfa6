"""Lines to ask about, from a file or from standard input."""

import os
import sys
from collections.abc import Sequence

from bert_tf.system import files
from bert_tf.tasks.masked_lm import examples
from bert_tf.text import text_lines

STANDARD_INPUT = "standard input"


def read(path: str | None) -> list[str]:
  """The lines of a file; of standard input if it is None.

  Raises:
    OSError: There is no such file.
    ValueError: It is empty, or a line is not UTF-8; the message names it.
  """
  name = path or STANDARD_INPUT
  if path is None:
    data = sys.stdin.buffer.read()
  elif not files.is_remote(path) and os.path.isdir(path):
    raise IsADirectoryError(f"{path} is a folder; expected a text file")
  else:
    with files.open_file(path) as reader:
      data = reader.read()
  if not data:
    raise ValueError(f"{name} is empty; expected one text or pair a line")
  return [line.strip() for line in text_lines.decode_lines(data, name)]


def check(encoded: Sequence[examples.Encoded], mode: str, name: str) -> None:
  """Checks that each line holds what is asked about.

  Args:
    encoded: The lines.
    mode: One of `settings.MODES`.
    name: Of the file, for the message.

  Raises:
    ValueError: A line does not; the message names it.
  """
  for number, one in enumerate(encoded):
    found, expected = {
      "fill": (bool(one.masks), f"{examples.MASK} for a word to be filled in"),
      "perplexity": (bool(one.pieces), "a text"),
      "next_sentence": (one.is_pair, 'two texts with " ||| " between them'),
    }[mode]
    if not found:
      raise ValueError(
        f"{name}, line {number + 1}: expected {expected}, found none "
        f"(mode={mode})"
      )
