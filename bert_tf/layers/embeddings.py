"""Word, position and segment embeddings, summed and normalized."""

from typing import Any

import tensorflow as tf

from bert_tf import bert_config, keras
from bert_tf.kernels import seeded_dropout
from bert_tf.layers import layer_norm, named_variables


class Embeddings(keras.layers.Layer):
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
    super().__init__(**kwargs)
    self.config = config
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
    positions: Any = None,
    training: bool = False,
  ) -> Any:
    """Embeds.

    Args:
      input_ids: int32 [B, S], or [T] if positions are given.
      segment_ids: The same.
      positions: Of each token in its sequence; if None, 0, 1, ... along S.
      training: Whether dropout is applied.

    Returns:
      [B, S, H], or [T, H].
    """
    x = self._words(input_ids)  # [..., H]
    segments = tf.one_hot(
      segment_ids, self.config.type_vocab_size, dtype=x.dtype
    )  # [..., G]
    x += tf.einsum("...g,gh->...h", segments, self.token_type_embeddings)
    if positions is None:
      length = tf.shape(input_ids)[1]
      x += self.position_embeddings[:length]  # [S, H] to each of [B, S, H]
    else:
      x += tf.gather(self.position_embeddings, positions)
    x = self.layer_norm(x, training=training)
    return seeded_dropout.dropout(x, self.config.hidden_dropout_prob, training)

  def _words(self, input_ids: Any) -> Any:
    if not self.use_one_hot_embeddings:
      return tf.gather(self.word_embeddings, input_ids)
    rows = tf.one_hot(
      tf.reshape(input_ids, [-1]),
      self.config.vocab_size,
      dtype=self.compute_dtype,
    )  # [B*S, V]
    x = tf.matmul(rows, self.word_embeddings)  # [B*S, H]
    shape = tf.concat([tf.shape(input_ids), [self.config.hidden_size]], 0)
    return tf.reshape(x, shape)  # [B, S, H]
