"""TensorFlow Model Garden's BERT: its checkpoints and TF-Hub's encoders.

Names as in official/nlp/tools/tf1_bert_checkpoint_converter_lib.py of
tensorflow/models: `BERT_V2_NAME_REPLACEMENTS`, and for the first two versions
of TF-Hub's encoders `BERT_NAME_REPLACEMENTS`, which are read only.
"""

import dataclasses
import os
import re
from typing import Any

import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  checkpoint_prefix,
  model_garden_encoder,
  object_graph,
  portable_model,
  split_heads,
  variable_shapes,
)
from bert_tf.system import files, output_files
from bert_tf.text import tokenizer_rules

# Their names to Google's, applied in order.
_RENAMED = (
  # Names of the first versions, by those of later ones.
  (
    r"^bert_model/embedding_postprocessor/(type|position)_embeddings$",
    r"bert/embeddings/\1_embeddings",
  ),
  (r"^bert/embeddings/type_", "bert/embeddings/token_type_"),
  (r"^bert_model/embedding_postprocessor/", "embeddings/"),
  (r"^bert_model/encoder/", "transformer/"),
  (r"^bert_model/pooler_transform/", "pooler_transform/"),
  (r"/self_attention_output/", "/self_attention/attention_output/"),
  # The scope of a model within another, "bert_encoder_v2" perhaps.
  (
    r"^[^/]+/(?=(word_embeddings|type_embeddings|position_embedding|"
    r"embeddings/layer_norm|transformer|pooler_transform|cls|next_sentence)/)",
    "",
  ),
  (r"^word_embeddings/embeddings$", "bert/embeddings/word_embeddings"),
  (r"^type_embeddings/embeddings$", "bert/embeddings/token_type_embeddings"),
  (r"^position_embedding/embeddings$", "bert/embeddings/position_embeddings"),
  (r"^embeddings/layer_norm/", "bert/embeddings/LayerNorm/"),
  (r"^transformer/", "bert/encoder/"),
  (r"/self_attention/attention_output/", "/attention/output/dense/"),
  (r"/self_attention/", "/attention/self/"),
  (r"/self_attention_layer_norm/", "/attention/output/LayerNorm/"),
  (r"/intermediate/(kernel|bias)$", r"/intermediate/dense/\1"),
  (r"(layer_\d+)/output/(kernel|bias)$", r"\1/output/dense/\2"),
  (r"/output_layer_norm/", "/output/LayerNorm/"),
  (r"^pooler_transform/", "bert/pooler/dense/"),
  (r"^cls/predictions/output_bias/bias$", "cls/predictions/output_bias"),
  (r"^next_sentence/logits/kernel$", "cls/seq_relationship/output_weights"),
  (r"^next_sentence/logits/bias$", "cls/seq_relationship/output_bias"),
)
# `do_lower_case` and the number of the save.
_COUNTERS = ("Variable", "save_counter")
# A pre-training has a pooler of its own for the next sentences; the encoder's
# stays as it was made. In Google's BERT they are one.
_POOLER = re.compile(r"(^|/)next_sentence/pooler_dense/(kernel|bias)$")
_TRANSPOSED = "cls/seq_relationship/output_weights"
_EXTRA = "assets.extra"
_LOWER = "do_lower_case"


def google_name(name: str) -> str:
  """The name in Google's checkpoints of a variable of theirs."""
  for pattern, replacement in _RENAMED:
    name = re.sub(pattern, replacement, name)
  return name


def _read_tensors(
  reader: object_graph.Reader, path: str
) -> dict[str, npt.NDArray[Any]]:
  """Tensors by Google's names, attention kernels with heads as they are."""
  found: dict[str, npt.NDArray[Any]] = {}
  poolers: dict[str, npt.NDArray[Any]] = {}
  others = []
  for name in sorted(reader.keys):
    ours = google_name(name)
    if match := _POOLER.search(name):
      poolers[f"bert/pooler/dense/{match[2]}"] = reader.read(name)
    elif not ours.startswith(("bert/", "cls/")):
      others += [name] if name not in _COUNTERS else []
    elif ours in found:
      raise ValueError(f"{path}: two variables map to {ours}")
    else:
      value = reader.read(name)
      found[ours] = value.T if ours == _TRANSPOSED else value
  if others:
    logging.info("%s: not read: %s", path, ", ".join(others))
  return found | poolers


def _vocabulary(folder: str) -> tuple[str, ...] | None:
  """vocab.txt; an encoder's one asset may have another name."""
  found = [name for name in files.names_in(folder) if name.endswith(".txt")]
  if len(found) != 1:
    return portable_model.read_vocabulary(folder)
  path = os.path.join(folder, found[0])
  with files.open_file(path) as file:
    return portable_model.parse_vocabulary(file.read(), path)


def _held(model: portable_model.Portable) -> tokenizer_rules.TokenizerRules:
  """The rules that are held: the case, and in bert_config.json a length."""
  rules = model.known_rules()
  return tokenizer_rules.TokenizerRules(
    rules.lower_case, max_input_chars_per_word=rules.max_input_chars_per_word
  )


class ModelGardenFormat(checkpoint_format.WritableFormat):
  """A SavedModel of an encoder, or a TensorFlow 2 checkpoint."""

  name = "model_garden"

  def mismatch(self, path: str) -> str | None:
    """See `CheckpointFormat`."""
    return object_graph.mismatch(path)

  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads the variables; the program of a SavedModel is not run.

    Raises:
      FileNotFoundError: There is none.
      ValueError: It is damaged, or not a BERT.
    """
    del config
    prefix = object_graph.find(path)
    if prefix is None:
      raise FileNotFoundError(f"{path}: no SavedModel and no checkpoint there")
    reader = object_graph.Reader(prefix)
    tensors = _read_tensors(reader, path)
    told = variable_shapes.settings(
      {n: v.shape for n, v in tensors.items()}, path
    )
    query = tensors.get("bert/encoder/layer_0/attention/self/query/kernel")
    if query is None or query.ndim != 3:
      raise ValueError(
        f"{path}: not Model Garden's BERT: attention has no heads"
      )
    sizes = bert_config.BertConfig.from_dict(
      told | {"num_attention_heads": query.shape[1]}
    )
    saved_model = object_graph.find_saved_model(path)
    beside = vocabulary = os.path.dirname(prefix)
    if saved_model:
      beside = os.path.join(saved_model, _EXTRA)
      vocabulary = os.path.join(saved_model, "assets")
    sizes, stated = portable_model.without_rules(
      portable_model.config_beside(beside, sizes),
      os.path.join(beside, portable_model.CONFIG),
    )
    lower = reader.attribute(_LOWER)
    if lower is not None:
      stated["lower_case"] = bool(lower)
    pieces = _vocabulary(vocabulary)
    return portable_model.Portable(
      path=path,
      config=sizes,
      tensors={n: split_heads.join(n, value) for n, value in tensors.items()},
      vocabulary=pieces,
      rules=portable_model.rules(stated, pieces),
    )

  def lost(self, model: portable_model.Portable) -> list[str]:
    """Heads other than the masked-LM head, and other rules than Google's."""
    found = [
      name
      for name in model.without_training_state().tensors
      if not name.startswith(("bert/", "cls/predictions/"))
    ]
    return found + portable_model.lost_rules(model, _held(model))

  def write(self, model: portable_model.Portable, folder: str) -> None:
    """Writes a SavedModel with the interface of TF-Hub's encoders.

    Raises:
      ValueError: There is no pooler, and such a model has one, or only a part
        of a head; or as of `checkpoint_prefix.check_path`.
    """
    theirs = model_garden_encoder.variable_names(model.config)
    if "masked_lm" in portable_model.heads(model.tensors):
      theirs += model_garden_encoder.masked_lm_names()
    heads = model.config.num_attention_heads
    portable_model.require(model, map(google_name, theirs))
    checkpoint_prefix.check_path(folder)
    tensors: dict[str, Any] = {}
    for name in theirs:
      ours = google_name(name)
      tensors[name] = split_heads.split(ours, model.tensors[ours], heads)
    root, signatures = model_garden_encoder.build(model.config, tensors)
    model = dataclasses.replace(model, rules=_held(model))
    root.do_lower_case = tf.Variable(_held(model).lower_case, trainable=False)
    vocabulary = os.path.join(folder, portable_model.VOCABULARY)
    if model.vocabulary is not None:
      output_files.write_atomically(vocabulary, model.vocabulary_bytes())
      root.vocab_file = tf.saved_model.Asset(vocabulary)
    tf.saved_model.save(root, folder, signatures=signatures)
    if model.vocabulary is not None:
      files.remove(vocabulary)  # TensorFlow has put a copy into assets.
    portable_model.write_config(model, os.path.join(folder, _EXTRA))


FORMAT = ModelGardenFormat()
