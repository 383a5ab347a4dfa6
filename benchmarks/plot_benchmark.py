"""Draws what `benchmarks.benchmark --json` measured as a PNG picture."""

import json
import pathlib
import sys
from typing import Any

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

from bert_tf.commands import command_line, pictures

FLAGS = flags.FLAGS

flags.DEFINE_list(
  "json",
  None,
  "Files of benchmarks.benchmark. TITLE=FILE is drawn below that title.",
  required=True,
)
flags.DEFINE_string("output_file", None, "The picture to write.", required=True)

Row = dict[str, Any]
_BAR, _MARGIN = 0.28, 0.9  # Inches.


def read_panels(given: str) -> dict[str, list[Row]]:
  """Returns the rows of a file, by what is drawn above them.

  Args:
    given: FILE, or TITLE=FILE.

  Raises:
    ValueError: The file has no seconds of contenders.
  """
  title, _, path = given.rpartition("=")
  rows = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
  panels: dict[str, list[Row]] = {}
  for row in rows:
    if not {"contender", "seconds"} <= row.keys():
      raise ValueError(
        f"{path}: found a row of {', '.join(row)}; expected rows with "
        "'contender' and 'seconds', as benchmarks.benchmark --json writes them"
      )
    parts = [part for part in (title, row.get("work")) if part]
    panels.setdefault(", ".join(parts), []).append(row)
  return panels


def main() -> None:
  """Draws."""
  panels = [
    panel for given in FLAGS.json for panel in read_panels(given).items()
  ]
  heights = [len(rows) * _BAR + _MARGIN for _, rows in panels]
  picture = pictures.figure(7, sum(heights))
  axes = picture.subplots(
    len(panels), squeeze=False, height_ratios=heights
  ).flat
  for axis, (title, rows) in zip(axes, panels, strict=True):
    colors = [
      "C0" if row["contender"].startswith("bert_tf") else "0.7" for row in rows
    ]
    bars = axis.barh(
      [row["contender"] for row in rows],
      [row["seconds"] for row in rows],
      color=colors,
    )
    axis.bar_label(bars, fmt="%.3g s", padding=3)
    axis.invert_yaxis()
    axis.margins(x=0.15)
    axis.set(title=title)
  pictures.save(picture, FLAGS.output_file)


if __name__ == "__main__":
  command_line.run(main)
