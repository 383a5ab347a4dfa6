"""Shows what a checkpoint of any form holds, or what tells two apart.

Ends with status 0; comparing, with 1 where they differ (as `diff` does).
"""

import json
import sys

from absl import flags

from bert_tf.checkpoints import checkpoint_report

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
  found: checkpoint_report.Inspection | checkpoint_report.Comparison
  if FLAGS.compare_with:
    found = checkpoint_report.compare(FLAGS.checkpoint, FLAGS.compare_with)
  else:
    found = checkpoint_report.inspect(FLAGS.checkpoint)
  print(json.dumps(found.to_dict()) if FLAGS.json else "\n".join(found.lines()))
  if isinstance(found, checkpoint_report.Comparison) and not found.equal:
    sys.exit(1)
