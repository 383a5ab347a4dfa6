"""BertModel: the encoder, from ids to vectors."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import chosen_rows, modes, token_rows
from bert_tf.layers import (
  attention_mask,
  embeddings,
  encoder_block,
  named_variables,
  pooler,
)
from bert_tf.models import configured_model, encoder_inputs

_SCOPE = "bert"  # of the variables' names


class BertOutput(NamedTuple):
  """What the encoder computes, in the compute dtype of the model.

  Attributes:
    embedding_output: [B, S, H].
    all_encoder_layers: One [B, S, H] a block, the last one last.
    sequence_output: The last of them, [B, S, H].
    pooled_output: [B, H].
    attention_probabilities: With `output_attentions`, one [B, N, S, S] a block:
      how much each token (the last axis but one) attends to each other (the
      last), a head; else ().

  With `positions` [B, P] the last of the encoder's layers is [B, P, H], and the
  last of the attention probabilities [B, N, P, S].
  """

  embedding_output: Any
  all_encoder_layers: tuple[Any, ...]
  sequence_output: Any
  pooled_output: Any
  attention_probabilities: tuple[Any, ...] = ()


@keras.serializable
class BertModel(configured_model.ConfiguredModel):
  """BERT without a head. Source: modeling.py, `BertModel`.

  All variables exist from the start, under Google's names (`bert/...`).

  Args:
    config: Sizes and settings.
    use_one_hot_embeddings: Look words up by a product instead of a gather;
      for TPUs.
    dtype: A `keras.mixed_precision.Policy` or its name: "float32",
      "mixed_bfloat16" or "mixed_float16"; for inference on a CPU "bfloat16",
      where weights are kept in bfloat16, too. None takes Keras's global policy.
    name: Of the model; variables are `bert/...` whatever it is.
  """

  built: bool

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    name: str = "bert",
  ):
    super().__init__(config, use_one_hot_embeddings, dtype, name)
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

  @property
  def output_shape(self) -> Any:
    """As of any model; before its first call of sequence and pooled output."""
    if self._inbound_nodes:
      return super().output_shape
    size = self.config.hidden_size
    return (None, None, size), (None, size)

  def build(self, input_shape: Any) -> None:
    """Makes all variables, named as in Google's checkpoints."""
    if self.built:
      return
    hidden = [None, self.config.hidden_size]
    named_variables.build_under(f"{_SCOPE}/embeddings", self.embeddings, hidden)
    for layer in self.blocks:
      named_variables.build_under(
        f"{_SCOPE}/encoder/{layer.name}", layer, hidden
      )
    named_variables.build_under(f"{_SCOPE}/pooler", self.pooler, hidden)
    self.built = True
    self.declare_inputs()

  def call(
    self,
    input_ids: Any,
    input_mask: Any = None,
    segment_ids: Any = None,
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
    output_attentions: bool = False,
    positions: Any = None,
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
      output_attentions: Whether the attention probabilities are among the
        outputs. No row of padding is left out then.
      positions: int32 [B, P]: where outputs of the last block are wanted,
        besides that of the first token, which is pooled; it is spared the
        others. None for everywhere.

    Raises:
      ValueError: The sequence is longer than `max_position_embeddings`, or an
        id lies outside its table or a position outside the sequence, or a
        mapping has a key that looks like an input's and is none.
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
    if positions is not None:
      positions = tf.cast(positions, tf.int32)
      _check_positions(positions, input_ids)
    kernels = modes.select(mode, training, self.compute_dtype)
    return self._encode(
      input_ids, input_mask, segment_ids, kernels, output_attentions, positions
    )

  def attention_probabilities(
    self,
    inputs: Any,
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> tuple[Any, ...]:
    """How much each token attends to each other.

    Args:
      inputs: As `input_ids` of `call`.
      training: Whether dropout is applied, to them as well.
      mode: As of `call`.

    Returns:
      One [B, N, S, S] a block, in the compute dtype: for each head the weights
      of all tokens (the last axis) in what a token (the axis before) takes.
    """
    output = self(inputs, training=training, mode=mode, output_attentions=True)
    return output.attention_probabilities

  def _encode(
    self,
    input_ids: Any,
    input_mask: Any,
    segment_ids: Any,
    kernels: modes.Kernels,
    output_attentions: bool,
    positions: Any,
  ) -> BertOutput:
    rows = self._rows(input_mask, kernels, output_attentions)
    ids, segments = rows.pack(input_ids), rows.pack(segment_ids)  # [T]
    x = self.embeddings(ids, segments, rows, kernels)  # [T, H]
    bias = attention_mask.attention_bias(rows.keys(input_mask))
    chosen = self._chosen(rows, positions)
    shape = [*input_ids.shape, self.config.hidden_size]
    outputs = [tf.ensure_shape(rows.to_sequences(x), shape)]  # [B, S, H]
    attentions = []
    for layer in self.blocks:
      wanted = chosen if layer is self.blocks[-1] else None
      x = layer(x, bias, rows, kernels, output_attentions, wanted)  # [T, H]
      if output_attentions:
        x, probabilities = x
        attentions.append(probabilities)  # [B, N, S, S]
      if wanted is None:
        outputs.append(tf.ensure_shape(rows.to_sequences(x), shape))
      else:
        outputs.append(wanted.to_sequences(x))  # [B, 1+P, H]
    if chosen is not None and not self.blocks:
      outputs.append(chosen.to_sequences(chosen.take(x)))
    pooled = self.pooler(outputs[-1], kernels)
    if chosen is not None:
      outputs[-1] = outputs[-1][:, 1:]  # [B, P, H]
      attentions[-1:] = [x[:, :, 1:] for x in attentions[-1:]]  # [B, N, P, S]
    return BertOutput(
      outputs[0], tuple(outputs[1:]), outputs[-1], pooled, tuple(attentions)
    )

  def _chosen(
    self, rows: token_rows.TokenRows, positions: Any
  ) -> chosen_rows.ChosenRows | None:
    """The first token, which is pooled, and the positions [B, P], if any."""
    if positions is None:
      return None
    with_first = tf.pad(positions, [[0, 0], [1, 0]])
    heads = self.config.num_attention_heads
    return chosen_rows.ChosenRows(rows, with_first, heads)

  def _rows(
    self, input_mask: Any, kernels: modes.Kernels, output_attentions: bool
  ) -> token_rows.TokenRows:
    """The rows; none is left out where all probabilities are wanted."""
    heads = self.config.num_attention_heads
    if output_attentions:
      return token_rows.PaddedRows(tf.shape(input_mask), heads)
    return kernels.rows(input_mask, heads)


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
    wrong = _outside(ids, entries)
    if wrong is not None:
      raise ValueError(
        f"{name} holds {wrong}; with {setting}={entries} ids go from 0 to "
        f"{entries - 1}: does the vocabulary belong to this model?"
      )


def _check_positions(positions: Any, input_ids: Any) -> None:
  """Checks them where their values are known (eagerly), on any device."""
  length = input_ids.shape[1]
  wrong = _outside(positions, length)
  if wrong is not None:
    raise ValueError(
      f"positions hold {wrong}; the sequences are {length} long, so positions "
      f"go from 0 to {length - 1}"
    )


def _outside(values: Any, count: int | None) -> int | None:
  """A value below 0, or of `count` or more; None if there is none.

  Also None where values are not known, in a graph: there the input pipeline
  checks, see inputs/.
  """
  if count is None or not hasattr(values, "numpy") or not tf.size(values):
    return None
  least, most = int(tf.reduce_min(values)), int(tf.reduce_max(values))
  if least < 0:
    return least
  return most if most >= count else None
