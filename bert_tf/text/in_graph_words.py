"""Texts to words as TensorFlow ops: `BasicTokenizer` inside a graph.

All texts of a batch are one long row of code points, with a space after each
text, so that nothing reaches from one text into the next. A look-up says what
becomes of each code point (`code_points.py`); what needs its neighbours, a
final sigma and the order of combining marks, is done only where it turns up.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from bert_tf.text import code_points, tokenizer_rules

_KIND = (1 << code_points.CLASS_SHIFT) - 1
_CLASS = (1 << (code_points.CODE_SHIFT - code_points.CLASS_SHIFT)) - 1

# More than there are canonical combining classes.
_ORDERS = 256


class Words(NamedTuple):
  """The words of a batch of texts.

  W is the number of words in all texts, M that of their characters.

  Attributes:
    codes: ragged int32 [W, None], the code points of each word.
    places: int64 [M], for each of these the place in its text of the character
      that it came from.
    text_splits: int64 [texts + 1], where the words of each text begin.
  """

  codes: Any
  places: Any
  text_splits: Any


class WordSplitter(tf.Module):
  """Splits texts into words."""

  def __init__(self, rules: tokenizer_rules.TokenizerRules):
    super().__init__(name="word_splitter")
    tables = code_points.tables(rules)
    self._has_final_sigma = rules.has_final_sigma
    self._packed = tf.constant(tables.packed)
    self._several_start = tf.constant(tables.several_start)
    self._several_parts = tf.constant(tables.several_parts)
    self._several_order = tf.constant(tables.several_order)

  def __call__(self, texts: Any) -> Words:
    """Splits UTF-8 strings [texts]; broken bytes are dropped."""
    characters = tf.strings.unicode_decode(
      tf.strings.join([texts, " "]), "UTF-8", errors="ignore"
    )
    codes = characters.values  # [N]
    found = tf.gather(self._packed, codes)
    if self._has_final_sigma:
      found = tf.cond(
        tf.reduce_any(codes == code_points.CAPITAL_SIGMA),
        lambda: _with_final_sigmas(codes, found),
        lambda: found,
      )
    origins = tf.range(tf.size(codes, tf.int64))
    found, origins = self._without_odd_ones(found, origins)
    kinds = found & _KIND
    before = tf.concat([[code_points.SPACE], kinds[:-1]], axis=0)
    begins = (kinds == code_points.ALONE) | (
      (kinds == code_points.LETTER) & (before != code_points.LETTER)
    )
    kept = tf.where(kinds != code_points.SPACE)[:, 0]  # [M]
    origins = tf.gather(origins, kept)
    starts = tf.where(tf.gather(begins, kept))[:, 0]  # [W]
    rows = characters.row_splits
    text_splits = tf.searchsorted(tf.gather(origins, starts), rows)
    words = tf.RaggedTensor.from_row_starts(
      _code(tf.gather(found, kept)), starts, validate=False
    )
    lengths = text_splits[1:] - text_splits[:-1]
    text_of_word = tf.repeat(rows[:-1], lengths)
    places = origins - tf.repeat(text_of_word, words.row_lengths())
    return Words(words, places, text_splits)

  def _without_odd_ones(self, found: Any, origins: Any) -> tuple[Any, Any]:
    """Replaces what is several characters and takes out what is dropped."""
    kinds = found & _KIND
    if self._several_parts.shape[0]:
      found, origins = tf.cond(
        tf.reduce_any(kinds == code_points.SEVERAL),
        lambda: self._expand(found, origins),
        lambda: (found, origins),
      )
    return tf.cond(
      tf.reduce_any(_is_dropped(found)),
      lambda: _drop(found, origins),
      lambda: (found, origins),
    )

  def _expand(self, found: Any, origins: Any) -> tuple[Any, Any]:
    """Puts parts in the place of what is several characters."""
    several = found & _KIND == code_points.SEVERAL  # [N]
    index = tf.where(several, _code(found), 0)
    first = tf.gather(self._several_start, index)
    counts = tf.where(
      several, tf.gather(self._several_start, index + 1) - first, 1
    )
    shift = tf.repeat(first - tf.cumsum(counts, exclusive=True), counts)
    several = tf.repeat(several, counts)  # [P], as all that follows
    index = tf.where(several, shift + tf.range(tf.size(shift)), 0)
    found = tf.where(
      several,
      tf.gather(self._several_parts, index),
      tf.repeat(found, counts),
    )
    orders = tf.where(several, tf.gather(self._several_order, index), 0)
    origins = tf.repeat(origins, counts)
    return tf.cond(
      tf.reduce_any(orders != 0),
      lambda: _sort_marks(found, origins, orders),
      lambda: (found, origins),
    )


def _code(found: Any) -> Any:
  return tf.bitwise.right_shift(found, code_points.CODE_SHIFT)


def _is_dropped(found: Any) -> Any:
  return found & _KIND <= code_points.DROPPED_STARTER


def _drop(found: Any, origins: Any) -> tuple[Any, Any]:
  kept = tf.where(~_is_dropped(found))[:, 0]
  return tf.gather(found, kept), tf.gather(origins, kept)


def _with_final_sigmas(codes: Any, found: Any) -> Any:
  """Makes a capital sigma at the end of a word a final one.

  That is: a cased letter stands before it and none behind it, whatever is seen
  through in between.
  """
  classes = tf.bitwise.right_shift(found, code_points.CLASS_SHIFT) & _CLASS
  opaque = tf.where(classes != code_points.TRANSPARENT)[:, 0]
  cased = tf.gather(classes, opaque) == code_points.CASED
  nothing = tf.constant([False])
  final = (
    (tf.gather(codes, opaque) == code_points.CAPITAL_SIGMA)
    & tf.concat([nothing, cased[:-1]], axis=0)
    & ~tf.concat([cased[1:], nothing], axis=0)
  )
  places = tf.boolean_mask(opaque, final)
  sigma = code_points.FINAL_SIGMA << code_points.CODE_SHIFT | code_points.LETTER
  return tf.tensor_scatter_nd_update(
    found, places[:, None], tf.fill(tf.shape(places), sigma)
  )


def _sort_marks(found: Any, origins: Any, orders: Any) -> tuple[Any, Any]:
  """Brings marks between two starters into canonical order.

  Marks that change places do so among themselves: the first of them is said to
  come from where the first one stood.
  """
  kinds = found & _KIND
  # What is dropped for good is a mark that stays out of all this.
  starters = (orders == 0) & (kinds != code_points.DROPPED)
  runs = tf.cumsum(tf.cast(starters, tf.int64))
  keys = runs * _ORDERS + tf.cast(orders, tf.int64)
  kept = tf.where(~_is_dropped(found))[:, 0]
  sorted_ones = tf.argsort(tf.gather(keys, kept), stable=True)
  return (
    tf.gather(tf.gather(found, kept), sorted_ones),
    tf.gather(origins, kept),
  )
