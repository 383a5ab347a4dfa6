"""TensorFlow Hub's forms of a BERT encoder, made of a small model.

The programs in them only have the right names: none is run.
"""

import dataclasses
import re
import shutil

import numpy as np
import tensorflow as tf

from bert_tf.checkpoints import (
  formats,
  layer_selection,
  portable_model,
  split_heads,
)
from bert_tf.text import tokenizer_rules
from tests.models import tiny

VOCABULARY = tiny.FOLDER.parent / "vocab.txt"
_FIRST_NAMES = (
  (r"^bert/embeddings/word_embeddings$", "word_embeddings/embeddings"),
  (
    r"^bert/embeddings/token_type_embeddings$",
    "embedding_postprocessor/type_embeddings",
  ),
  (
    r"^bert/embeddings/position_embeddings$",
    "embedding_postprocessor/position_embeddings",
  ),
  (r"^bert/embeddings/LayerNorm/", "embedding_postprocessor/layer_norm/"),
  (r"attention/self/", "self_attention/"),
  (r"attention/output/dense/", "self_attention_output/"),
  (r"attention/output/LayerNorm/", "self_attention_layer_norm/"),
  (r"intermediate/dense/", "intermediate/"),
  (r"output/dense/", "output/"),
  (r"output/LayerNorm/", "output_layer_norm/"),
  (r"^bert/pooler/dense/", "pooler_transform/"),
  (r"^bert/", ""),
)


def model(layers=(0, 1, 2)):
  """Layers of the encoder of the tiny model, with its vocabulary."""
  made = layer_selection.selected(formats.read(str(tiny.FOLDER)), layers)
  kept = {n: x for n, x in made.tensors.items() if n.startswith("bert/")}
  pieces = portable_model.parse_vocabulary(VOCABULARY.read_bytes(), "vocab")
  made = dataclasses.replace(
    made,
    vocabulary=pieces,
    rules=tokenizer_rules.TokenizerRules(),
    tensors=kept,
  )
  return made, kept


def tf1(
  folder, lower_case=True, has_heads=True, layers=(0, 1, 2), positions=None
):
  """A module of hub.Module, for TensorFlow 1; of more positions, perhaps."""
  made, tensors = model(layers)
  if positions:
    table = tensors["bert/embeddings/position_embeddings"]
    tensors["bert/embeddings/position_embeddings"] = np.resize(
      table, (positions, table.shape[1])
    )
  with tf.Graph().as_default() as graph:
    for name, value in tensors.items():
      tf.compat.v1.get_variable(name, initializer=value)
    ids = tf.compat.v1.placeholder(tf.int32, [None, None], "input_ids")
    pooled = tf.cast(ids, tf.float32, "pooled_output")
    if has_heads:
      scope = "bert/encoder/layer_0/attention/self/Reshape/shape/2"
      tf.constant(made.config.num_attention_heads, tf.int32, name=scope)
    asset = tf.constant(str(VOCABULARY))
    graph.add_to_collection(tf.compat.v1.GraphKeys.ASSET_FILEPATHS, asset)
    told = tf.constant(lower_case, name="do_lower_case")
    info = tf.compat.v1.saved_model.utils.build_tensor_info
    definition = (
      tf.compat.v1.saved_model.signature_def_utils.build_signature_def
    )
    signatures = {
      "tokens": definition(
        {"input_ids": info(ids)}, {"pooled_output": info(pooled)}, "x"
      ),
      "tokenization_info": definition(
        {}, {"vocab_file": info(asset), "do_lower_case": info(told)}, "x"
      ),
    }
    builder = tf.compat.v1.saved_model.Builder(str(folder))
    with tf.compat.v1.Session() as session:
      session.run(tf.compat.v1.global_variables_initializer())
      builder.add_meta_graph_and_variables(
        session,
        [],
        signatures,
        assets_collection=graph.get_collection(
          tf.compat.v1.GraphKeys.ASSET_FILEPATHS
        ),
      )
      builder.save()
  return folder


def tf2_first(folder, lower_case=True):
  """Versions 1 and 2 of the encoders for TensorFlow 2."""
  made, tensors = model()
  root = tf.Module()
  root.kept = []
  for name, value in tensors.items():
    theirs = name
    for pattern, replacement in _FIRST_NAMES:
      theirs = re.sub(pattern, replacement, theirs)
    heads = made.config.num_attention_heads
    value = split_heads.split(name, np.asarray(value), heads)
    root.kept.append(tf.Variable(value, name=f"bert_model/{theirs}"))
  _finish(root, folder, lower_case)
  return folder


def tf2_later(folder):
  """Versions 3 and 4, as this project writes them."""
  made, _ = model()
  formats.write(made, "model_garden", str(folder))
  extra = folder / "assets.extra"
  shutil.rmtree(extra)  # Theirs has none.
  return folder


def _finish(root, folder, lower_case):
  spec = tf.TensorSpec([None, None], tf.int32)

  @tf.function(input_signature=[spec, spec, spec])
  def call(input_word_ids, input_mask, input_type_ids):
    del input_mask, input_type_ids
    return {"pooled_output": tf.cast(input_word_ids, tf.float32)}

  root.call = call
  root.vocab_file = tf.saved_model.Asset(str(VOCABULARY))
  root.do_lower_case = tf.Variable(lower_case, trainable=False)
  tf.saved_model.save(root, str(folder))
