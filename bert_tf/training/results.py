"""eval_results.txt in the original's form."""

import os
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from absl import logging

FILE = "eval_results.txt"


def format_results(results: Mapping[str, float | int]) -> str:
  """`name = value` lines, sorted; floats as float32 prints them."""
  return "".join(
    f"{name} = {_format(results[name])}\n" for name in sorted(results)
  )


def _format(value: float | int) -> str:
  return str(value if isinstance(value, int) else np.float32(value))


def write(folder: str, results: Mapping[str, float | int]) -> str:
  """Writes `eval_results.txt` into `folder` at once; returns its path."""
  tf.io.gfile.makedirs(folder)
  path = os.path.join(folder, FILE)
  text = format_results(results)
  temporary = f"{path}.tmp-{os.getpid()}"
  with tf.io.gfile.GFile(temporary, "w") as file:
    file.write(text)
  tf.io.gfile.rename(temporary, path, overwrite=True)
  logging.info("***** Eval results *****\n%s", text.rstrip())
  return path
