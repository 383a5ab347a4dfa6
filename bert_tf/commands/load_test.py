r"""Sends requests to a model that is served, and measures the answers.

Example:
  bert_tf load_test --url=http://127.0.0.1:8501/v1/models/mrpc
"""

import sys

from absl import flags

from bert_tf.commands import shared_flags
from bert_tf.serving import load_generator

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "url",
  None,
  "The model's address, such as http://127.0.0.1:8501/v1/models/NAME.",
  required=True,
)
flags.DEFINE_integer("clients", 8, "Number of clients that ask at once.")
flags.DEFINE_float("seconds", 10.0, "Duration of the measurement.")
flags.DEFINE_string(
  "texts",
  None,
  "File with a text per line, or TEXT ||| SECOND TEXT. Default: a few "
  "built-in texts of different lengths.",
)
flags.DEFINE_float(
  "rate",
  0.0,
  "Requests per second, over all clients. Default: as fast as answers come.",
)
flags.DEFINE_bool(
  "allow_remote", False, "Allow a server that is not on this machine."
)


def main() -> None:
  """Runs with the flags given."""
  settings = shared_flags.settings(load_generator.LoadSettings)
  report = load_generator.run(settings)
  print(report.text())
  if report.failed:
    sys.exit(1)
