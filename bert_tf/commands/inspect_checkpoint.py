"""Shows the contents of a checkpoint of any format, or compares two.

Exits with status 0; when comparing, with 1 if they differ (as `diff` does).

Example:
  bert_tf inspect_checkpoint --checkpoint=$BERT/bert_model.ckpt
"""

import json
import sys

from absl import flags

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "checkpoint",
  None,
  "Checkpoint prefix or directory, in any format of docs/checkpoints.md, or "
  "the name of a model.",
  required=True,
)
flags.DEFINE_string(
  "compare_with", None, "Second checkpoint, to compare with the first."
)
flags.DEFINE_bool("json", False, "Print one JSON object.")


def main() -> None:
  """Prints the report and sets the exit status."""
  from bert_tf.checkpoints import checkpoint_report

  found: checkpoint_report.Inspection | checkpoint_report.Comparison
  if FLAGS.compare_with:
    found = checkpoint_report.compare(FLAGS.checkpoint, FLAGS.compare_with)
  else:
    found = checkpoint_report.inspect(FLAGS.checkpoint)
  print(json.dumps(found.to_dict()) if FLAGS.json else "\n".join(found.lines()))
  if isinstance(found, checkpoint_report.Comparison) and not found.equal:
    sys.exit(1)
