"""Turns a Hugging Face folder of a BERT into a Google checkpoint."""

import os
import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags, logging

from bert_tf import files
from bert_tf.checkpoints import google, huggingface
from tools import command_line

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "from_huggingface",
  None,
  "Folder with config.json, model.safetensors and vocab.txt.",
  required=True,
)
flags.DEFINE_string(
  "output_dir",
  None,
  "Gets bert_config.json, bert_model.ckpt and vocab.txt; must not exist yet.",
  required=True,
)


def main() -> None:
  """Reads everything, then writes everything."""
  folder, output_dir = FLAGS.from_huggingface, FLAGS.output_dir
  if files.exists(output_dir):
    raise FileExistsError(f"{output_dir} is there already; name a new folder")
  config = huggingface.read_config(folder)
  weights = huggingface.read_weights(folder)
  with files.open_file(os.path.join(folder, "vocab.txt")) as file:
    vocabulary = file.read()
  google.save(weights, os.path.join(output_dir, "bert_model.ckpt"))
  for name, data in (
    ("vocab.txt", vocabulary),
    ("bert_config.json", config.to_json_string().encode()),
  ):
    files.write_atomically(os.path.join(output_dir, name), data)
  logging.info("%d tensors written to %s", len(weights), output_dir)


if __name__ == "__main__":
  command_line.run(main)
