"""Checksums of the files of an export, so that damage is found when it is read.

TensorFlow keeps checksums of the weights, and none of the program, the
vocabulary and the settings beside them.
"""

import hashlib
import json
import os

from bert_tf.system import files, output_files

# TensorFlow Serving keeps this folder and looks at nothing in it.
FILE = os.path.join("assets.extra", "sha256.json")
_BLOCK = 1 << 20


def write(folder: str) -> None:
  """Writes the checksums of all files that are in a folder now."""
  found = {
    name: _sha256(os.path.join(folder, name))
    for name in files.names_below(folder)
  }
  path = os.path.join(folder, FILE)
  files.make_folder(os.path.dirname(path))
  text = json.dumps(found, indent=2, sort_keys=True) + "\n"
  output_files.write_atomically(path, text.encode())


def check(folder: str) -> None:
  """Checks the files of a folder, where it has checksums.

  Files that were added are not looked at.

  Raises:
    ValueError: A file is not as it was written, or is gone; the message names
      it.
  """
  path = os.path.join(folder, FILE)
  if not files.exists(path):
    return
  for name, expected in sorted(files.read_json(path).items()):
    file = os.path.join(folder, name)
    if not files.exists(file):
      raise ValueError(f"{file}: gone, and {path} lists it; export again")
    found = _sha256(file)
    if found != expected:
      raise ValueError(
        f"{file}: its SHA-256 is {found[:16]}..., expected "
        f"{str(expected)[:16]}... ({path}): it is damaged or was edited; "
        "export again"
      )


def _sha256(path: str) -> str:
  state = hashlib.sha256()
  with files.open_file(path) as reader:
    while block := reader.read(_BLOCK):
      state.update(block)
  return state.hexdigest()
