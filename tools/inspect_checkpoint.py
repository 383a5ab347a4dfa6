"""Shows what a checkpoint of any form holds, or what tells two apart.

Ends with status 0; comparing, with 1 where they differ (as `diff` does).
"""

import json
import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

from bert_tf.checkpoints import inspection
from tools import command_line

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "checkpoint",
  None,
  "A prefix or a folder, of any form of docs/checkpoints.md.",
  required=True,
)
flags.DEFINE_string(
  "compare_with", None, "Another, to be compared with the first."
)
flags.DEFINE_bool("json", False, "Print one JSON object.")


def main() -> None:
  """Prints, and sets the exit status."""
  found: inspection.Inspection | inspection.Comparison
  if FLAGS.compare_with:
    found = inspection.compare(FLAGS.checkpoint, FLAGS.compare_with)
  else:
    found = inspection.inspect(FLAGS.checkpoint)
  print(json.dumps(found.to_dict()) if FLAGS.json else "\n".join(found.lines()))
  if isinstance(found, inspection.Comparison) and not found.equal:
    sys.exit(1)


if __name__ == "__main__":
  command_line.run(main)
