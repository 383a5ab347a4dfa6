"""eval_results.txt in the original's form."""

import os
from collections.abc import Mapping

import numpy as np
from absl import logging

from bert_tf.system import output_files

FILE = "eval_results.txt"
# More results than these are logged in one line.
_LINES = 8


def format_results(results: Mapping[str, float | int | str]) -> str:
  """`name = value` lines, sorted; floats as float32 prints them."""
  return "".join(
    f"{name} = {_format(results[name])}\n" for name in sorted(results)
  )


def _format(value: float | int | str) -> str:
  return str(value if isinstance(value, int | str) else np.float32(value))


def write(folder: str, results: Mapping[str, float | int | str]) -> str:
  """Writes `eval_results.txt` into `folder` at once; returns its path."""
  path = os.path.join(folder, FILE)
  text = format_results(results)
  output_files.write_atomically(path, text.encode())
  lines = text.splitlines()
  separator = "\n" if len(lines) <= _LINES else ", "
  logging.info("***** Eval results *****\n%s", separator.join(lines))
  return path
