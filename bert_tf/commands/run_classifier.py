r"""Fine-tunes BERT to classify texts or pairs of texts, and applies it.

Example:
  bert_tf run_classifier --task_name=MRPC --data_dir=glue/MRPC \
    --output_dir=out/mrpc --do_train --do_eval \
    --init_checkpoint=uncased_L-12_H-768_A-12
"""

from absl import flags

import bert_tf
from bert_tf.commands import classifier_flags

FLAGS = flags.FLAGS
classifier_flags.define()


def main() -> None:
  """Runs with the flags given."""
  classifier_flags.run(
    bert_tf.BertConfig.from_json_file(FLAGS.bert_config_file)
  )
