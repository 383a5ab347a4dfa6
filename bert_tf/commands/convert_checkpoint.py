r"""Converts a checkpoint from one format to another; see docs/checkpoints.md.

Example:
  bert_tf convert_checkpoint --input=uncased_L-12_H-768_A-12 \
    --output_dir=bert_hf --to=huggingface
"""

import dataclasses

from absl import flags, logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  format_names,
  portable_model,
  resized_vocabulary,
  stored_rules,
)
from bert_tf.commands import model_flags, shared_flags
from bert_tf.system import files

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "input",
  None,
  "Checkpoint to convert: a prefix, a directory or the name of a model.",
  required=True,
)
shared_flags.define(
  "output_dir",
  "bert_config_file",
  "vocab_file",
  "init_from_layers",
  "seed",
  required=("output_dir",),
  texts={
    "output_dir": "Output directory; must not exist.",
    "bert_config_file": (
      "Path to the bert_config.json of a Google checkpoint that has none."
    ),
    "vocab_file": "Vocabulary file that replaces the checkpoint's own.",
    "seed": "Random seed for the embeddings of new word pieces.",
  },
  seed=0,
)
flags.DEFINE_enum(
  "from", None, format_names.READ, "Input format. Default: detected."
)
flags.DEFINE_enum(
  "to", None, format_names.WRITTEN, "Output format.", required=True
)
flags.DEFINE_bool(
  "strip_optimizer",
  False,
  "Drop the optimizer state, two thirds of a training checkpoint. Only the "
  "google format can store it.",
)
flags.DEFINE_integer(
  "resize_vocab",
  None,
  "Resize the vocabulary to this many rows: new rows get the word pieces "
  "[unusedN]; only rows without a word piece are removed.",
  lower_bound=1,
)
flags.DEFINE_list(
  "add_tokens",
  [],
  "Word pieces to add: they replace [unusedN] first, then go to the end.",
)
flags.DEFINE_enum(
  "hidden_act",
  None,
  bert_config.HIDDEN_ACTS,
  "Activation to write instead of the one read, if that is known to be wrong.",
)
flags.DEFINE_enum(
  "labels_of",
  None,
  portable_model.LABELS_OF,
  "What a classifier labels, if its checkpoint does not say.",
)
flags.DEFINE_bool(
  "allow_loss", False, "Drop what the output format cannot store."
)


def read(form: str) -> portable_model.Portable:
  """Reads the checkpoint and the files that the flags name."""
  from bert_tf.checkpoints import formats

  config = None
  if FLAGS.bert_config_file:
    config = bert_config.BertConfig.from_json_file(FLAGS.bert_config_file)
  model = formats.read(FLAGS.input, form, config)
  if FLAGS.vocab_file:
    with files.open_file(FLAGS.vocab_file) as file:
      pieces = portable_model.parse_vocabulary(file.read(), FLAGS.vocab_file)
    stated = stored_rules.stated(FLAGS.vocab_file)
    rules = portable_model.rules(stated, pieces) or model.rules
    model = dataclasses.replace(model, vocabulary=pieces, rules=rules)
  return model


def changed(model: portable_model.Portable) -> portable_model.Portable:
  """Applies the changes that the flags ask for."""
  if kept := model_flags.layers(FLAGS.init_from_layers):
    from bert_tf.checkpoints import layer_selection

    model = layer_selection.selected(model, kept)
  if FLAGS.strip_optimizer:
    model = model.without_training_state()
  if FLAGS.add_tokens:
    model = resized_vocabulary.add_tokens(model, FLAGS.add_tokens, FLAGS.seed)
  if FLAGS.resize_vocab:
    model = resized_vocabulary.resize(model, FLAGS.resize_vocab, FLAGS.seed)
  if FLAGS.hidden_act:
    config = dataclasses.replace(model.config, hidden_act=FLAGS.hidden_act)
    model = dataclasses.replace(model, config=config)
  if FLAGS.labels_of:
    model = dataclasses.replace(model, labels_of=FLAGS.labels_of)
  return model


def main() -> None:
  """Reads and checks everything, then writes everything."""
  from bert_tf.checkpoints import formats

  if files.exists(FLAGS.output_dir):
    raise FileExistsError(
      f"{FLAGS.output_dir} is there already; name a new folder"
    )
  form = FLAGS["from"].value or formats.recognise(FLAGS.input)
  model = changed(read(form))
  formats.write(model, FLAGS.to, FLAGS.output_dir, FLAGS.allow_loss)
  if FLAGS.to == "google" and model.config.hidden_act == "gelu_erf":
    logging.info(
      "hidden_act is gelu_erf, which the original program does not know; if "
      "the model was trained with Google's tanh form, give --hidden_act=gelu"
    )
  logging.info(
    "%s, %d tensors of %s written to %s as %s",
    form,
    len(model.tensors),
    model.path,
    FLAGS.output_dir,
    FLAGS.to,
  )
