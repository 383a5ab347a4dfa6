"""BertModel: the encoder, from ids to vectors."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import (
  attention_mask,
  embeddings,
  encoder_block,
  named_variables,
  pooler,
)
from bert_tf.models import encoder_inputs, loadable_model


class BertOutput(NamedTuple):
  """What the encoder computes, in the compute dtype of the model.

  Attributes:
    embedding_output: [B, S, H].
    all_encoder_layers: One [B, S, H] a block, the last one last.
    sequence_output: The last of them, [B, S, H].
    pooled_output: [B, H].
  """

  embedding_output: Any
  all_encoder_layers: tuple[Any, ...]
  sequence_output: Any
  pooled_output: Any


class BertModel(loadable_model.LoadableModel, keras.Model):
  """BERT without a head. Source: modeling.py, `BertModel`.

  All variables exist from the start, under Google's names (`bert/...`).

  Args:
    config: Sizes and settings.
    use_one_hot_embeddings: Look words up by a product instead of a gather;
      for TPUs.
    dtype: A `keras.mixed_precision.Policy` or its name: "float32",
      "mixed_bfloat16" or "mixed_float16"; for inference on a CPU "bfloat16",
      where weights are kept in bfloat16, too.
  """

  built: bool

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = "float32",
    name: str = "bert",
  ):
    super().__init__(name=name, dtype=dtype)
    self.config = config
    policy = self.dtype_policy
    self.embeddings = embeddings.Embeddings(
      config, use_one_hot_embeddings, name="embeddings", dtype=policy
    )
    self.blocks = [
      encoder_block.Block(config, name=f"layer_{index}", dtype=policy)
      for index in range(config.num_hidden_layers)
    ]
    self.pooler = pooler.Pooler(config, name="pooler", dtype=policy)
    self.build(None)

  def build(self, input_shape: Any) -> None:
    """Makes all variables, named as in Google's checkpoints."""
    if self.built:
      return
    hidden = [None, self.config.hidden_size]
    named_variables.build_under(
      f"{self.name}/embeddings", self.embeddings, hidden
    )
    for layer in self.blocks:
      named_variables.build_under(
        f"{self.name}/encoder/{layer.name}", layer, hidden
      )
    named_variables.build_under(f"{self.name}/pooler", self.pooler, hidden)
    self.built = True

  def call(
    self,
    input_ids: Any,
    input_mask: Any = None,
    segment_ids: Any = None,
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> BertOutput:
    """Encodes.

    Args:
      input_ids: int32 [B, S]; or a mapping with `input_ids` and, if wanted,
        `input_mask` and `segment_ids`, by these names or those of Hugging Face
        or keras-hub, and labels of any names.
      input_mask: int32 [B, S], 1 for tokens, 0 for padding; all 1 if None.
      segment_ids: int32 [B, S]; all 0 if None.
      training: Whether dropout is applied.
      mode: How it is computed, see `modes.Mode`. If rows of padding are left
        out, what outputs are where the input mask is 0 has no meaning (it is
        0 outside of training).

    Raises:
      ValueError: The sequence is longer than `max_position_embeddings`, or an
        id lies outside its table, or a mapping has a key that looks like
        an input's and is none.
    """
    if isinstance(input_ids, Mapping):
      found = encoder_inputs.of(input_ids)
      input_ids = found.input_ids
      input_mask = input_mask if found.input_mask is None else found.input_mask
      if found.segment_ids is not None:
        segment_ids = found.segment_ids
    input_ids = tf.cast(input_ids, tf.int32)
    if input_mask is None:
      input_mask = tf.ones_like(input_ids)
    elif tf.as_dtype(input_mask.dtype).is_bool:
      input_mask = tf.cast(input_mask, tf.int32)
    if segment_ids is None:
      segment_ids = tf.zeros_like(input_ids)
    segment_ids = tf.cast(segment_ids, tf.int32)
    _check_inputs(self.config, input_ids, segment_ids)
    kernels = modes.select(mode, training, self.compute_dtype)
    return self._encode(input_ids, input_mask, segment_ids, kernels)

  def _encode(
    self,
    input_ids: Any,
    input_mask: Any,
    segment_ids: Any,
    kernels: modes.Kernels,
  ) -> BertOutput:
    rows = kernels.rows(input_mask, self.config.num_attention_heads)
    ids, segments = rows.pack(input_ids), rows.pack(segment_ids)  # [T]
    x = self.embeddings(ids, segments, rows, kernels)  # [T, H]
    bias = attention_mask.attention_bias(rows.keys(input_mask))
    outputs = [rows.to_sequences(x)]  # [B, S, H]
    for layer in self.blocks:
      x = layer(x, bias, rows, kernels)  # [T, H]
      outputs.append(rows.to_sequences(x))
    shape = [*input_ids.shape, self.config.hidden_size]
    outputs = [tf.ensure_shape(output, shape) for output in outputs]
    pooled = self.pooler(outputs[-1], kernels)
    return BertOutput(outputs[0], tuple(outputs[1:]), outputs[-1], pooled)


def _check_inputs(
  config: bert_config.BertConfig, input_ids: Any, segment_ids: Any
) -> None:
  """Checks lengths always and ids where their values are known (eagerly)."""
  length = input_ids.shape[1]
  if length is not None and length > config.max_position_embeddings:
    raise ValueError(
      f"input_ids are {length} long; the model's max_position_embeddings is "
      f"{config.max_position_embeddings}: shorten the sequences"
    )
  tables = (
    ("input_ids", input_ids, "vocab_size", config.vocab_size),
    ("segment_ids", segment_ids, "type_vocab_size", config.type_vocab_size),
  )
  for name, ids, setting, entries in tables:
    if not hasattr(ids, "numpy") or not tf.size(ids):
      continue  # in a graph the input pipeline checks, see inputs/
    least, most = int(tf.reduce_min(ids)), int(tf.reduce_max(ids))
    if least < 0 or most >= entries:
      wrong = least if least < 0 else most
      raise ValueError(
        f"{name} holds {wrong}; with {setting}={entries} ids go from 0 to "
        f"{entries - 1}: does the vocabulary belong to this model?"
      )
