r"""Fine-tunes a BERT of TensorFlow Hub as run_classifier does, and applies it.

Example:
  bert_tf run_classifier_with_tfhub --task_name=MRPC --data_dir=glue/MRPC \
    --bert_hub_module_handle=bert_uncased_L-12_H-768_A-12_1 \
    --output_dir=out/mrpc --do_train --do_eval
"""

from absl import flags

from bert_tf.commands import classifier_flags

FLAGS = flags.FLAGS
# What is taken from the module.
_OF_MODULE = ("bert_config_file", "vocab_file", "init_checkpoint")

flags.DEFINE_string(
  "bert_hub_module_handle",
  None,
  "Directory of the module: a SavedModel of TensorFlow Hub's BERT, of "
  "TensorFlow 1 or 2, or an encoder of export_saved_model. Its vocabulary, "
  "case and sizes are used.",
  required=True,
)
classifier_flags.define(beside=())


def main() -> None:
  """Runs with the flags given."""
  given = [name for name in _OF_MODULE if FLAGS[name].value]
  if given:
    raise ValueError(
      f"--{given[0]} is given, but it is taken from --bert_hub_module_handle; "
      "leave it out, or use run_classifier"
    )
  from bert_tf.checkpoints import hub_module

  module = hub_module.find(FLAGS.bert_hub_module_handle)
  lower_case = FLAGS["do_lower_case"]
  if lower_case.present and lower_case.value != module.do_lower_case:
    raise ValueError(
      f"--do_lower_case={lower_case.value}, but the module {module.folder} "
      f"says {module.do_lower_case}; leave the flag out"
    )
  for name, path in zip(
    _OF_MODULE[1:], (module.vocab_file, module.folder), strict=True
  ):
    setattr(FLAGS, name, path)
  classifier_flags.run(module.config, do_lower_case=module.do_lower_case)
