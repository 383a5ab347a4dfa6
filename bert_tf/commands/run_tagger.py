r"""Fine-tunes BERT to label words, such as named entities, and applies it.

Example:
  bert_tf run_tagger --data_dir=conll --output_dir=out/tagger \
    --do_train --do_eval --init_checkpoint=cased_L-12_H-768_A-12
"""

from absl import flags

from bert_tf.commands import (
  closing_block,
  column_flags,
  fine_tuning_flags,
  shared_flags,
)
from bert_tf.tasks.tagging import label_schemes, settings

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "data_dir",
  None,
  "Directory with train, dev and test files: .txt, .conll, .tsv, .bio, "
  ".conllu, .iob or .iob2, also with .gz.",
)
flags.DEFINE_string(
  "train_file", None, "Training file, instead of the one in data_dir."
)
flags.DEFINE_string(
  "dev_file", None, "Evaluation file, instead of the one in data_dir."
)
flags.DEFINE_string(
  "test_file", None, "Test file, instead of the one in data_dir."
)
flags.DEFINE_string(
  "labels",
  None,
  "Comma-separated labels, or a file with one per line. Default: those of the "
  "training file.",
)
column_flags.define(
  "word_column",
  None,
  "Column of the words: its index, from 0, or its name in the header. Default: "
  "the first, or the second if the first numbers the words.",
)
column_flags.define(
  "label_column",
  -1,
  "Column of the labels: its index, from 0, where negative counts from the "
  "end, or its name in the header.",
)
flags.DEFINE_enum(
  "label_scheme",
  label_schemes.AUTO,
  label_schemes.SCHEMES,
  "How labels mark entities, by which these are scored: B-PER, B_PER or PER-B "
  "are known. auto finds it; none scores words only.",
)
shared_flags.define(
  "do_eval",
  "eval_batch_size",
  "encoding",
  "class_weights",
  "label_smoothing",
)
fine_tuning_flags.define(max_seq_length=128)


def main() -> None:
  """Runs with the flags given."""
  closing = closing_block.Closing()
  told = fine_tuning_flags.run_arguments(settings.TaggingSettings)
  from bert_tf.tasks.tagging import run

  run.run(*told)
  closing.say(
    "export_saved_model",
    {"model_type": "tagger", "export_dir": f"{FLAGS.output_dir}/export"},
  )
