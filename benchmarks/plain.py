"""The plain renderings that records are timed against, and a command of one.

They stand in tests/, where they are what the compiled code is compared with.
`python -m benchmarks.plain TEXT VOCAB OUTPUT COPIES LOWER`
"""

import sys

from absl import logging

from bert_tf.tasks.pretraining import settings
from bert_tf.text import vocabulary_file


def pretraining_data(config: settings.PretrainingDataConfig) -> None:
  """Writes the records of a text, one step after the other."""
  import tensorflow as tf

  from tests.tasks.classification import reference as classification_reference
  from tests.tasks.pretraining import reference as pretraining_reference
  from tests.text import reference as text_reference

  vocab = vocabulary_file.load_vocab(config.vocab_file)
  with open(config.input_file[0], encoding="utf-8", newline="\n") as reader:
    text = reader.read()
  documents = pretraining_reference.read_documents(
    [text],
    lambda line: text_reference.tokenize(line, vocab, config.do_lower_case),
  )
  with tf.io.TFRecordWriter(config.output_file[0]) as writer:
    for instance in pretraining_reference.make_instances(
      documents, vocab, config
    ):
      columns = pretraining_reference.features(instance, vocab, config)
      writer.write(classification_reference.record(columns))


def main() -> None:
  """Writes records; prints nothing."""
  logging.set_verbosity(logging.ERROR)
  text, vocab, output, copies, lower = sys.argv[1:]
  pretraining_data(
    settings.PretrainingDataConfig(
      (text,),
      (output,),
      vocab,
      dupe_factor=int(copies),
      do_lower_case=lower == "True",
    )
  )


if __name__ == "__main__":
  main()
