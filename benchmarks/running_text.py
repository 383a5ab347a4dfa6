"""Sentences of manuals that come with Debian, one a line, each once.

Reads man pages (.gz) and what is marked up with <p> (.html, .page). Kept are
sentences with a full stop, mostly of letters that are not Latin: this leaves
out commands and what was not translated.

`python -m benchmarks.running_text 'usr/share/man/ja/*/*.gz' > ja.txt`
"""

import glob
import gzip
import html.parser
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_ENDS = re.compile(r"(?<=[。।؟]) *|(?<=[.?!]) +")
_FONTS = {"B", "I", "R", "BI", "BR", "IB", "IR", "RB", "RI"}
_UNSPACED = re.compile(r"(?<=[^\x00-\xff]) (?=[^\x00-\xff])")
_ROFF = (
  (re.compile(r"\\f(\(..|\[[^\]]*\]|.)|\\s[+-]?\d|\\[&|^/,:%c]"), ""),
  (re.compile(r"\\\((aq|cq|oq)"), "'"),
  (re.compile(r"\\\((dq|lq|rq)"), '"'),
  (re.compile(r"\\[-]"), "-"),
  (re.compile(r"\\[ ~0]"), " "),
  (re.compile(r"\\(\(rs|e)"), r"\\"),
  (re.compile(r"\\[*(](\(..|\[[^\]]*\]|..?)"), " "),
)


def main(arguments: Sequence[str]) -> None:
  """Prints the sentences of files or globs."""
  paths = [path for name in arguments for path in sorted(glob.glob(name))]
  if not paths:
    raise SystemExit(f"no file matches: {' '.join(arguments)}")
  found = (x for path in paths for x in sentences(_paragraphs(Path(path))))
  for sentence in dict.fromkeys(found):
    print(sentence)


def sentences(paragraphs: Iterator[str]) -> Iterator[str]:
  """Whole sentences, in a script other than Latin, of paragraphs."""
  for paragraph in paragraphs:
    for part in _ENDS.split(" ".join(paragraph.split())):
      letters = [char for char in part if char.isalpha()]
      foreign = sum(char > "\u024f" for char in letters)
      whole = part.endswith(tuple("。।؟.?!"))
      if whole and len(letters) > 5 and 2 * foreign > len(letters):
        yield part


def _paragraphs(path: Path) -> Iterator[str]:
  content = path.read_bytes()
  if path.suffix == ".gz":
    text = gzip.decompress(content).decode(errors="replace")
    yield from of_man_page(text)
  else:
    yield from of_markup(content.decode(errors="replace"))


def of_man_page(text: str) -> Iterator[str]:
  """Paragraphs of a man page, without examples set as they are."""
  lines: list[str] = []
  as_they_are = False
  for line in [*text.split("\n"), ".PP"]:
    name, _, rest = line[1:].partition(" ")
    if not line.startswith((".", "'")):
      if not as_they_are:
        lines.append(line)
    elif name in _FONTS:
      lines.append(rest.replace('"', ""))
    elif not line.startswith('.\\"'):
      as_they_are = name in ("nf", "EX") or (
        as_they_are and name not in ("fi", "EE")
      )
      yield _plain(" ".join(lines))
      lines = []


def _plain(roff: str) -> str:
  for pattern, plain in _ROFF:
    roff = pattern.sub(plain, roff)
  # A line that was broken between two ideographs has no space there.
  return _UNSPACED.sub("", roff)


def of_markup(text: str) -> Iterator[str]:
  """The text of each <p>."""
  reader = _Paragraphs()
  reader.feed(text)
  yield from reader.found


class _Paragraphs(html.parser.HTMLParser):
  def __init__(self) -> None:
    super().__init__()
    self.found: list[str] = []
    self._is_inside = False

  def handle_starttag(self, tag: str, attrs: object) -> None:
    del attrs
    if tag == "p":
      self.found.append("")
      self._is_inside = True

  def handle_endtag(self, tag: str) -> None:
    if tag == "p":
      self._is_inside = False

  def handle_data(self, data: str) -> None:
    if self._is_inside:
      self.found[-1] += data


if __name__ == "__main__":
  main(sys.argv[1:])
