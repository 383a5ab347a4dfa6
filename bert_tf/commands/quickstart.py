"""Learns a vocabulary, makes records, pre-trains a small BERT, evaluates it.

Example:
  bert_tf quickstart --output_dir=quickstart_output
"""

import pathlib

from absl import flags

from bert_tf.commands import shared_flags

FLAGS = flags.FLAGS
_SAMPLE = pathlib.Path(__file__).resolve().with_name("sample_text.txt")

flags.DEFINE_string(
  "corpus",
  str(_SAMPLE),
  "Text to learn from: one sentence a line, blank lines between documents.",
)
flags.DEFINE_integer("vocab_size", 2000, "Maximum vocabulary size.")
shared_flags.define(
  "output_dir",
  "num_train_steps",
  "dupe_factor",
  "seed",
  texts={"seed": "Random seed of all steps."},
  output_dir="quickstart_output",
  num_train_steps=1000,
  dupe_factor=40,
)


def main() -> None:
  """Runs all steps and prints the results."""
  from bert_tf.tasks.pretraining import miniature

  table = miniature.run_all(shared_flags.settings(miniature.QuickstartSettings))
  print(
    f"\n{table}\n\nEverything is in {FLAGS.output_dir}: vocab.txt, "
    "bert_config.json, model/model.ckpt-N; `tensorboard --logdir "
    f"{FLAGS.output_dir}` shows the curves."
  )
