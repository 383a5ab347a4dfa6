"""The labels of a tagger: found, given, and what they mean."""

import codecs
import os
from collections.abc import Iterable

from bert_tf.system import files, output_files
from bert_tf.tasks.tagging import label_schemes
from bert_tf.text import text_lines

FILE = "labels.txt"


def order(labels: Iterable[str]) -> tuple[str, ...]:
  """Each label once: O first, then by alphabet."""
  return tuple(sorted(set(labels), key=_outside_first))


def _outside_first(label: str) -> tuple[bool, str]:
  return label != label_schemes.OUTSIDE, label


def parse(text: str) -> tuple[str, ...]:
  """The labels a setting names, in its order.

  Args:
    text: Labels with commas between them, or a file with one label a line.

  Raises:
    ValueError: There are fewer than two, or one comes twice.
  """
  if os.path.isfile(text) or files.is_remote(text):
    with files.open_file(text) as reader:
      data = reader.read().removeprefix(codecs.BOM_UTF8)
    parts = text_lines.decode_lines(data, text)
  else:
    parts = text.split(",")
  found = tuple(part.strip() for part in parts if part.strip())
  twice = [label for label in found if found.count(label) > 1]
  if twice:
    raise ValueError(f"labels={text}: the label {twice[0]!r} comes twice")
  if len(found) < 2:
    raise ValueError(
      f"labels={text}: found {len(found)} labels, expected two at least: with "
      "commas between them, or the name of a file with one a line"
    )
  return found


def write(folder: str, labels: Iterable[str]) -> None:
  """Writes labels.txt, one label a line."""
  text = "".join(f"{label}\n" for label in labels)
  output_files.write_atomically(os.path.join(folder, FILE), text.encode())
