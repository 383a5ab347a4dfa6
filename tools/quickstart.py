"""Learns a vocabulary, makes records, pre-trains a small BERT, evaluates it."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

from bert_tf.tasks.pretraining import quickstart
from tools import command_line, shared_flags

FLAGS = flags.FLAGS
_SAMPLE = pathlib.Path(__file__).resolve().with_name("sample_text.txt")

flags.DEFINE_string(
  "corpus",
  str(_SAMPLE),
  "Text to learn from: one sentence a line, blank lines between documents.",
)
flags.DEFINE_integer("vocab_size", 2000, "The most word pieces to learn.")
shared_flags.define(
  "output_dir",
  "num_train_steps",
  "dupe_factor",
  "seed",
  texts={"seed": "Of everything."},
  output_dir="quickstart_output",
  num_train_steps=1000,
  dupe_factor=40,
)


def main() -> None:
  """Runs all steps and prints the results."""
  table = quickstart.run_all(
    shared_flags.settings(quickstart.QuickstartSettings)
  )
  print(
    f"\n{table}\n\nEverything is in {FLAGS.output_dir}: vocab.txt, "
    "bert_config.json, model/model.ckpt-N; `tensorboard --logdir "
    f"{FLAGS.output_dir}` shows the curves."
  )


if __name__ == "__main__":
  command_line.run(main)
