"""A note that an evaluation is due at the step of a checkpoint.

A run that is told to end while it evaluates saves first. Its checkpoint is that
of the step, the evaluation is not done: started again, it begins with it.
"""

import json
import os

from bert_tf.system import files, output_files

FILE = "evaluation_due.json"


def note(folder: str, step: int) -> None:
  """Notes that an evaluation is due at a step."""
  data = json.dumps({"step": step}).encode() + b"\n"
  output_files.write_atomically(os.path.join(folder, FILE), data)


def is_due(folder: str, step: int) -> bool:
  """Whether an evaluation is due at a step."""
  path = os.path.join(folder, FILE)
  return files.exists(path) and files.read_json(path).get("step") == step


def clear(folder: str) -> None:
  """Forgets the note; the evaluation is done."""
  path = os.path.join(folder, FILE)
  if files.exists(path):
    files.remove(path)
