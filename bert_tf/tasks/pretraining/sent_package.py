"""bert_tf as it is installed here, and a vocabulary, packed for other machines.

What is sent is imported from the folder that it is unpacked into, so that other
machines compute what this one would, whatever version they have.
"""

import os
import re
import zipfile
from collections.abc import Iterator

import bert_tf
from bert_tf.system import files

FOLDER = "bert_tf_sent"
_VOCABULARY = "vocabulary.txt"
_CACHE = "__pycache__"
# Machine code that is kept there: a processor of the same kind need not
# compile.
_MACHINE_CODE = re.compile(r".*\.sha256\.(nbi|\d+\.nbc)")


def pack(path: str, vocab_file: str) -> None:
  """Writes a zip file of the package and, if it is a local file, a vocabulary.

  Args:
    path: the zip file to write, local.
    vocab_file: one that has a scheme ("gs://...") is read where it is.
  """
  above = os.path.dirname(os.path.dirname(os.path.abspath(bert_tf.__file__)))
  with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
    for name in sorted(_package_files()):
      archive.write(name, os.path.relpath(name, above))
    if not files.is_remote(vocab_file):
      archive.write(vocab_file, _VOCABULARY)


def vocabulary(folder: str, vocab_file: str) -> str:
  """Returns where the vocabulary is once the zip file is unpacked."""
  if files.is_remote(vocab_file):
    return vocab_file
  return os.path.join(folder, _VOCABULARY)


def _package_files() -> Iterator[str]:
  for folder, _, names in os.walk(os.path.dirname(bert_tf.__file__)):
    is_cache = os.path.basename(folder) == _CACHE
    for name in names:
      if not is_cache or _MACHINE_CODE.fullmatch(name):
        yield os.path.join(folder, name)
