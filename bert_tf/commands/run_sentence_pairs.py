r"""Fine-tunes BERT for sentence vectors on pairs of texts, and compares pairs.

Example:
  bert_tf run_sentence_pairs --data_dir=glue/STS-B --output_dir=out/sts \
    --do_train --do_eval --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

from bert_tf.commands import (
  closing_block,
  fine_tuning_flags,
  shared_flags,
)
from bert_tf.layers import pooling_names
from bert_tf.tasks.sentence_pairs import settings

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "data_dir",
  None,
  "Directory with tables train, dev and test: TSV, CSV, JSON Lines, Parquet or "
  "saved datasets.",
  required=True,
)
flags.DEFINE_enum(
  "objective",
  settings.SCORES,
  settings.OBJECTIVES,
  "scores: the cosine of a pair is trained to be its score. "
  "in_batch_negatives: each first text is trained to be nearest to its own "
  "second text of the batch; needs no scores.",
)
flags.DEFINE_string("text_column", "sentence1", "Column of the first text.")
flags.DEFINE_string(
  "text_pair_column", "sentence2", "Column of the second text."
)
flags.DEFINE_string("label_column", "score", "Column of the score.")
flags.DEFINE_float(
  "max_score", 5.0, "Score of texts that mean the same; the lowest is 0."
)
flags.DEFINE_float(
  "scale",
  20.0,
  "in_batch_negatives: factor of the cosines in the softmax over a batch.",
)
flags.DEFINE_enum(
  "pooling",
  "mean",
  pooling_names.ONE_VECTOR,
  "How the token vectors are pooled.",
)
shared_flags.define(
  "do_eval", "eval_batch_size", "encoding", "quoting", eval_batch_size=32
)
fine_tuning_flags.define(max_seq_length=128)


def main() -> None:
  """Runs with the flags given."""
  closing = closing_block.Closing()
  told = fine_tuning_flags.run_arguments(settings.SentencePairSettings)
  from bert_tf.tasks.sentence_pairs import run

  run.run(*told)
  closing.say(
    "export_saved_model",
    {
      "model_type": "sentence",
      "pooling": FLAGS.pooling,
      "export_dir": f"{FLAGS.output_dir}/export",
    },
  )
