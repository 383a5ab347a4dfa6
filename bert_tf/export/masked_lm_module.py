"""Words for [MASK], and whether a second text follows the first."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf.export import text_modules
from bert_tf.inputs import model_inputs
from bert_tf.text import in_graph_inputs

MASK = "[MASK]"


class MaskedLm(text_modules.Served):
  """The likeliest pieces for each [MASK]."""

  id_inputs = (*model_inputs.NAMES, "masked_lm_positions")

  def from_ids(self, features: Mapping[str, Any]) -> text_modules.Tensors:
    """`masked_lm_logits` [B, P, V], at `masked_lm_positions` [B, P]."""
    return {"masked_lm_logits": self._masked(self.apply(features), features)}

  def from_text(self, text: Any, text_pair: Any = None) -> text_modules.Tensors:
    """Fills [MASK] in texts and second texts.

    Returns:
      `tokens`, string, and `probabilities`, [B, masks, K]: the likeliest
      first; "" and 0 where a text has fewer masks than others.
    """
    features, real = self._features(text, text_pair)
    return self._fill(self.apply(features), features, real)

  def encode(self, text: Any, text_pair: Any) -> text_modules.Tensors:
    """As `Served.encode`; [MASK] in texts is one piece."""
    return in_graph_inputs.pack(
      self._ids(text),
      self._ids(text_pair),
      self.tokenizer.cls_id,
      self.tokenizer.sep_id,
      self.settings.max_seq_length,
    )

  def _ids(self, text: Any) -> Any:
    """Pieces of texts in which [MASK] stays whole, ragged [B, None]."""
    parts = tf.strings.split(text_modules.valid_utf8(text), MASK)
    ids = self.tokenizer.tokenize_words(parts)  # ragged [B, parts, None]
    mask = tf.fill([tf.size(parts.flat_values), 1], self.tokenizer.mask_id)
    joined = tf.concat([ids.values, mask], axis=1)  # one too many
    return ids.with_values(joined).merge_dims(1, 2)[:, :-1]

  def _features(self, text: Any, text_pair: Any) -> tuple[Any, Any]:
    """The inputs, and where masks are no padding, bool [B, P]."""
    features = self.encode(text, text_pair)
    is_mask = features["input_ids"] == self.tokenizer.mask_id
    place = tf.range(tf.shape(is_mask)[1])[None] * tf.ones_like(
      features["input_ids"]
    )
    places = tf.ragged.boolean_mask(place, is_mask)
    dense = places.to_tensor()
    none = tf.cast(tf.shape(dense)[1] == 0, tf.int32)  # at least one
    dense = tf.pad(dense, [[0, 0], [0, none]])
    real = tf.sequence_mask(places.row_lengths(), tf.shape(dense)[1])
    return features | {"masked_lm_positions": dense}, real

  def _masked(self, output: Any, features: Mapping[str, Any]) -> Any:
    places = tf.shape(features["masked_lm_positions"])  # [B, P]
    shape = tf.concat([places, [self.model.config.vocab_size]], axis=0)
    return tf.reshape(output.masked_lm_logits, shape)

  def _fill(
    self, output: Any, features: Mapping[str, Any], real: Any
  ) -> text_modules.Tensors:
    logits = self._masked(output, features)  # [B, P, V]
    count = min(self.settings.top_k, self.model.config.vocab_size)
    found = tf.math.top_k(tf.nn.softmax(logits), count)
    # The model may have more rows than the vocabulary.
    known = tf.minimum(found.indices, self.tokenizer.vocab_size - 1)
    tokens = tf.where(
      known == found.indices,
      tf.gather(self.pieces, known),
      tf.strings.join(["[", tf.strings.as_string(found.indices), "]"]),
    )
    return {
      "tokens": tf.where(real[:, :, None], tokens, ""),
      "probabilities": tf.where(real[:, :, None], found.values, 0.0),
    }


class Pretrainer(MaskedLm):
  """Both heads."""

  def from_ids(self, features: Mapping[str, Any]) -> text_modules.Tensors:
    """Logits of both heads; `next_sentence_logits` [B, 2]."""
    output = self.apply(features)
    return {
      "masked_lm_logits": self._masked(output, features),
      "next_sentence_logits": output.next_sentence_logits,
    }

  def from_text(self, text: Any, text_pair: Any = None) -> text_modules.Tensors:
    """As `MaskedLm`, and `next_sentence_probability` [B] of following."""
    features, real = self._features(text, text_pair)
    output = self.apply(features)
    follows = tf.nn.softmax(output.next_sentence_logits)[:, 0]
    return {
      **self._fill(output, features, real),
      "next_sentence_probability": follows,
    }
