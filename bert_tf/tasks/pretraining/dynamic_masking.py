"""Masks that are drawn anew whenever a record is read.

The masks of the records are undone, and others put in their place, by the rule
of create_pretraining_data. So one copy of a corpus (--dupe_factor=1) has other
masks in each epoch. A mask is a function of the seed and of the number of
records that the run has read before.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf.inputs import counted_random
from bert_tf.tasks.pretraining import masking_rules

_ORDER, _MASKED, _KEPT, _REPLACED = range(4)  # streams of random numbers
_LAST = tf.int64.max


@dataclasses.dataclass(frozen=True)
class Masking:
  """Masks batches anew.

  Attributes:
    rules: What is masked, and by what.
    seed: Of the masks.
  """

  rules: masking_rules.MaskingRules
  seed: int

  def __call__(self, batch: Mapping[str, Any], numbers: Any) -> dict[str, Any]:
    """A batch with other masks.

    Args:
      batch: Records of create_pretraining_data, int32 [B, S] or [B, P].
      numbers: How many records the run has read before each, int64 [B].

    Raises:
      tf.errors.InvalidArgumentError: A record does not begin with [CLS]: it is
        of another vocabulary.
    """
    ids = _unmasked(batch)
    with tf.control_dependencies([_assert_begins(ids, self.rules.cls)]):
      ids = tf.identity(ids)
    is_masked = self._choose(ids, batch["input_mask"], numbers)
    length = ids.shape[1]
    most = batch["masked_lm_positions"].shape[1]
    place = tf.range(length)
    places = tf.sort(tf.where(is_masked, place, length), axis=1)
    places = tf.pad(places, [[0, 0], [0, most]], constant_values=length)
    places = places[:, :most]  # [B, P]
    is_one = places < length
    places = tf.where(is_one, places, 0)
    labels = tf.gather(ids, places, batch_dims=1)
    return dict(batch) | {
      "input_ids": tf.where(is_masked, self._replacements(ids, numbers), ids),
      "masked_lm_positions": places,
      "masked_lm_ids": tf.where(is_one, labels, 0),
      "masked_lm_weights": tf.cast(is_one, tf.float32),
    }

  def _choose(self, ids: Any, input_mask: Any, numbers: Any) -> Any:
    """Which tokens are masked, bool [B, S].

    The words of an instance are gone through in random order, and masked unless
    they have more pieces than are left to predict.
    """
    length = ids.shape[1]
    is_special = (ids == self.rules.cls) | (ids == self.rules.sep)
    is_text = tf.cast(input_mask, tf.bool) & ~is_special
    word = tf.maximum(_cumulated(self._starts(ids, is_text)) - 1, 0)  # [B, S]
    sizes = _counts(tf.where(is_text, word, length))  # of words, [B, S]
    keys = counted_random.keys(
      counted_random.bits(self.seed, numbers, _ORDER, length)
    )
    order = tf.argsort(tf.where(sizes > 0, keys, _LAST), axis=1)
    sizes = tf.gather(sizes, order, batch_dims=1)
    tokens = tf.reduce_sum(input_mask, axis=1)
    left = tf.gather(tf.constant(self.rules.predictions), tokens)  # [B]
    taken = self._take(sizes, left)  # in random order
    of_word = tf.gather(taken, tf.argsort(order, axis=1), batch_dims=1)
    return is_text & tf.gather(of_word, word, batch_dims=1)

  def _starts(self, ids: Any, is_text: Any) -> Any:
    """Where words begin. Each token is one unless whole words are masked.

    As in the original, a piece that goes on with a word belongs to whatever
    precedes it, be it on the other side of [SEP].
    """
    if not self.rules.whole_words:
      return is_text
    goes_on = tf.gather(tf.constant(self.rules.continues), ids)
    is_first = _cumulated(is_text) == 1
    return is_text & (~goes_on | is_first)

  def _take(self, sizes: Any, left: Any) -> Any:
    """Which words [B, S] are taken, one after the other while they fit."""
    if not self.rules.whole_words:
      return (_cumulated(sizes > 0) <= left[:, None]) & (sizes > 0)

    def step(state: Any, size: Any) -> Any:
      left, _ = state
      fits = (size > 0) & (size <= left)
      return left - tf.where(fits, size, 0), fits

    start = left, tf.zeros_like(left, tf.bool)
    _, taken = tf.scan(step, tf.transpose(sizes), start)  # [S, B]
    return tf.transpose(taken)

  def _replacements(self, ids: Any, numbers: Any) -> Any:
    """What stands in place of tokens: [MASK], the token, or any piece."""
    masked, kept, drawn = (
      counted_random.bits(self.seed, numbers, stream, ids.shape[1])
      for stream in (_MASKED, _KEPT, _REPLACED)
    )
    table = tf.constant(self.rules.replacements)
    index = tf.cast(drawn % tf.cast(tf.size(table), tf.uint64), tf.int32)
    other = tf.where(
      counted_random.are_below(kept, 0.5), ids, tf.gather(table, index)
    )
    return tf.where(
      counted_random.are_below(masked, 0.8), self.rules.mask, other
    )


def _unmasked(batch: Mapping[str, Any]) -> Any:
  """The tokens as they were before they were masked, [B, S]."""
  is_one = batch["masked_lm_weights"] > 0  # [B, P]
  rows = tf.where(is_one)[:, 0]
  places = tf.boolean_mask(batch["masked_lm_positions"], is_one)
  labels = tf.boolean_mask(batch["masked_lm_ids"], is_one)
  where = tf.stack([tf.cast(rows, tf.int32), places], axis=1)
  return tf.tensor_scatter_nd_update(batch["input_ids"], where, labels)


def _assert_begins(ids: Any, cls: int) -> Any:
  return tf.debugging.Assert(
    tf.reduce_all(ids[:, 0] == cls),
    [
      f"a record does not begin with {cls}, the id of [CLS] in vocab_file: is "
      "it the vocabulary that the records were made with? Found",
      ids[:, 0],
    ],
  )


def _cumulated(values: Any) -> Any:
  """How many of bool [B, S] up to each place, int32."""
  return tf.cumsum(tf.cast(values, tf.int32), axis=1)


def _counts(numbers: Any) -> Any:
  """How often each number below S occurs in each row: int32 [B, S]."""
  length = numbers.shape[1]
  hits = tf.math.bincount(
    numbers, minlength=length + 1, maxlength=length + 1, axis=-1
  )
  return hits[:, :length]
