r"""Splits a SQuAD file in two, between articles.

Example:
  bert_tf split_squad --input_file=dev-v1.1.json \
    --train_file=train.json --predict_file=predict.json
"""

import json

from absl import flags, logging

from bert_tf.system import files, output_files
from bert_tf.tasks.squad import question_files

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "input_file", None, "SQuAD JSON file to split.", required=True
)
flags.DEFINE_string(
  "train_file", None, "Output file for the first articles.", required=True
)
flags.DEFINE_string(
  "predict_file", None, "Output file for the last articles.", required=True
)
flags.DEFINE_integer(
  "predict_articles", 8, "Number of articles to move to predict_file."
)


def main() -> None:
  """Runs with the flags given."""
  parts = question_files.split_by_article(
    question_files.load(FLAGS.input_file), FLAGS.predict_articles
  )
  paths = (FLAGS.train_file, FLAGS.predict_file)
  files.check_output(FLAGS.train_file, [FLAGS.input_file], "train_file")
  files.check_output(
    FLAGS.predict_file, [FLAGS.input_file, FLAGS.train_file], "predict_file"
  )
  for path, part in zip(paths, parts, strict=True):
    text = json.dumps(part, ensure_ascii=False) + "\n"
    output_files.write_atomically(path, text.encode())
    logging.info("wrote %s: %d articles", path, len(part["data"]))
