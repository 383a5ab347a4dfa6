r"""Fine-tunes BERT on SQuAD 1.1 or 2.0, answers questions, scores answers.

Example:
  bert_tf run_squad --train_file=train-v1.1.json --do_train \
    --predict_file=dev-v1.1.json --do_predict --output_dir=out/squad \
    --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

from bert_tf.commands import (
  closing_block,
  device_flags,
  fine_tuning_flags,
  shared_flags,
)
from bert_tf.tasks.squad import settings

FLAGS = flags.FLAGS

fine_tuning_flags.define(max_seq_length=384)
flags.DEFINE_string(
  "train_file",
  None,
  "Questions to train on: SQuAD JSON, JSON Lines, CSV or TSV.",
)
flags.DEFINE_string(
  "predict_file", None, "Questions to answer, in one of the same formats."
)
shared_flags.define(*shared_flags.SPAN)
flags.DEFINE_enum(
  "score_by",
  None,
  settings.SCORE_BY,
  "Units of exact match and F1: words as in SQuAD, characters as in KorQuAD, "
  "or mixed, ideographs and words, as in CMRC 2018 and DRCD. Default: by the "
  "script of the text.",
)
flags.DEFINE_bool(
  "verbose_logging",
  False,
  "Log answers that could not be aligned with the text.",
)
flags.DEFINE_bool(
  "batch_by_length",
  False,
  "Predict without padding to max_seq_length. Faster on CPU and GPU, but the "
  "n-best lists, and rarely an answer, differ from the original.",
)


def main() -> None:
  """Runs with the flags given."""
  closing = closing_block.Closing()
  told = fine_tuning_flags.run_arguments(
    settings.SquadSettings,
    length_buckets=device_flags.length_buckets(),
    windows=shared_flags.settings(settings.WindowSettings),
    decoding=shared_flags.settings(settings.DecodingSettings),
  )
  from bert_tf.tasks.squad import run

  run.run(*told)
  closing.say(
    "export_saved_model",
    {"model_type": "span", "export_dir": f"{FLAGS.output_dir}/export"},
  )
