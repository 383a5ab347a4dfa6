"""Word, position and segment embeddings, summed and normalized."""

from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import modes, token_rows
from bert_tf.layers import configured_layer, layer_norm, named_variables


@keras.serializable
class Embeddings(configured_layer.ConfiguredLayer):
  """Ids to vectors.

  Source: section 3 of the paper; modeling.py, `embedding_lookup` and
  `embedding_postprocessor`.

  Variables, float32: `word_embeddings` [V, H], `token_type_embeddings` [G, H]
  of G segments (Google's models have 2), `position_embeddings` [P, H],
  `LayerNorm/{gamma,beta}` [H].
  """

  def __init__(
    self,
    config: bert_config.BertConfig,
    use_one_hot_embeddings: bool = False,
    **kwargs: Any,
  ):
    super().__init__(config, **kwargs)
    self.use_one_hot_embeddings = use_one_hot_embeddings
    self.layer_norm = layer_norm.LayerNorm(name="LayerNorm")

  def build(self, input_shape: Any = None) -> None:
    """Makes the variables."""
    config = self.config
    tables = {
      "word_embeddings": config.vocab_size,
      "token_type_embeddings": config.type_vocab_size,
      "position_embeddings": config.max_position_embeddings,
    }
    for name, entries in tables.items():
      weight = self.add_weight(
        name,
        [entries, config.hidden_size],
        initializer=named_variables.initializer(config.initializer_range),
      )
      setattr(self, name, weight)
    named_variables.build_under(
      "LayerNorm", self.layer_norm, [None, config.hidden_size]
    )
    self.built = True

  def call(
    self,
    input_ids: Any,
    segment_ids: Any,
    rows: token_rows.TokenRows,
    kernels: modes.Kernels = modes.INFERENCE,
  ) -> Any:
    """Embeds.

    Args:
      input_ids: int32 [T].
      segment_ids: int32 [T].
      rows: What tokens they are.
      kernels: How it is computed.

    Returns:
      [T, H].
    """
    x = self._words(input_ids)  # [T, H]
    segments = tf.one_hot(
      segment_ids, self.config.type_vocab_size, dtype=x.dtype
    )  # [T, G]
    x += tf.matmul(segments, self.token_type_embeddings)
    x = rows.add_positions(x, self.position_embeddings)
    x = self.layer_norm(x, kernels)
    return kernels.dropout(x, self.config.hidden_dropout_prob)

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    more = {"use_one_hot_embeddings": self.use_one_hot_embeddings}
    return {**super().get_config(), **more}

  def _words(self, input_ids: Any) -> Any:
    if not self.use_one_hot_embeddings:
      return tf.gather(self.word_embeddings, input_ids)
    rows = tf.one_hot(
      input_ids, self.config.vocab_size, dtype=self.compute_dtype
    )  # [T, V]
    return tf.matmul(rows, self.word_embeddings)
