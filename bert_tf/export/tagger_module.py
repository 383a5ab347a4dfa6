"""A label for each word."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf.export import text_modules, token_windows, word_windows

_SPECIAL = 2  # [CLS] and [SEP]
# What `str.split` splits at.
_SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace())


class Tagger(text_modules.Served):
  """Labels the words of texts, long ones in windows."""

  text_inputs = ("text",)

  def from_ids(self, features: Mapping[str, Any]) -> text_modules.Tensors:
    """`logits`, float32 [B, S, C]."""
    return {"logits": self.apply(features)}

  def from_text(self, text: Any, text_pair: Any = None) -> text_modules.Tensors:
    """Labels words.

    Args:
      text: Words with white space between them, string [B].
      text_pair: Not used.

    Returns:
      [B, words] each: `words`, `tags`, "" beyond the last word, and
      `probabilities`, 0 there.
    """
    limit = self.settings.max_seq_length - _SPECIAL
    words = token_windows.never_empty(
      split_words(text_modules.valid_utf8(text)), "a"
    )
    pieces = self._pieces(words, limit)  # ragged [B, words, None]
    lengths = words.with_values(tf.cast(pieces.values.row_lengths(), tf.int32))
    cut = word_windows.cut(lengths, limit)
    inputs = self._inputs(pieces, cut.tokens)
    best = token_windows.in_chunks(
      self._best,
      inputs,
      {"tag": (tf.int32, [None]), "probability": (tf.float32, [None])},
    )
    place = tf.stack([cut.window_of_word, cut.place_of_word + 1], axis=1)
    shape = tf.shape(inputs["input_ids"])
    tag, probability = (
      words.with_values(tf.gather_nd(tf.reshape(best[name], shape), place))
      for name in ("tag", "probability")
    )
    names = tf.constant(self.settings.labels)
    tags = tag.with_values(tf.gather(names, tag.values))
    found = {"words": words, "tags": tags, "probabilities": probability}
    rows = tf.size(text)
    return {name: value[:rows].to_tensor() for name, value in found.items()}

  def _pieces(self, words: Any, limit: int) -> Any:
    """The first pieces of each word; [UNK] where there are none."""
    ids = self.tokenizer.tokenize_words(words).values  # ragged [N, None]
    unknown = tf.cast(ids.row_lengths() == 0, tf.int64)
    filling = tf.RaggedTensor.from_row_lengths(
      tf.fill([tf.reduce_sum(unknown)], self.tokenizer.unk_id), unknown
    )
    return words.with_values(tf.concat([ids, filling], axis=1)[:, :limit])

  def _inputs(self, pieces: Any, windows: Any) -> text_modules.Tensors:
    """[CLS] window [SEP] of each window, [W, S]."""
    flat = pieces.merge_dims(1, 2)  # ragged [B, None]
    shown = token_windows.places(windows, tf.cast(flat.row_starts(), tf.int32))
    inner = tf.RaggedTensor.from_row_lengths(
      tf.gather(flat.values, shown.token), tf.cast(windows.length, tf.int64)
    )
    one = tf.ones_like(windows.row)[:, None]  # [W, 1]
    ids = tf.concat(
      [self.tokenizer.cls_id * one, inner, self.tokenizer.sep_id * one], 1
    )
    dense = ids.to_tensor()
    return {
      "input_ids": dense,
      "input_mask": tf.ones_like(ids).to_tensor(),
      "segment_ids": tf.zeros_like(dense),
    }

  def _best(self, inputs: Mapping[str, Any]) -> text_modules.Tensors:
    """The likeliest label of each token, flat so that chunks can be joined."""
    probabilities = tf.nn.softmax(self.apply(inputs))  # [R, S, C]
    return {
      "tag": tf.argmax(probabilities, axis=-1, output_type=tf.int32),
      "probability": tf.reduce_max(probabilities, axis=-1),
    }


def split_words(text: Any) -> Any:
  """As `str.split`: string [B] to ragged [B, words]."""
  plain = tf.strings.regex_replace(text, f"[{_SPACES}]+", " ")
  return tf.strings.split(plain)
