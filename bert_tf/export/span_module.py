"""Questions (`text`) answered by a span of a context (`text_pair`)."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bert_tf.export import answer_text, best_span, text_modules, token_windows
from bert_tf.tasks.squad import settings as squad_settings

_SPECIAL = 3  # [CLS] question [SEP] window [SEP]


class SpanAnswerer(text_modules.Served):
  """The best answer of each question; long contexts go in windows."""

  def from_ids(self, features: Mapping[str, Any]) -> text_modules.Tensors:
    """`start_logits` and `end_logits`, float32 [B, S]."""
    logits = self.apply(features)
    return {"start_logits": logits.start, "end_logits": logits.end}

  def from_text(self, text: Any, text_pair: Any = None) -> text_modules.Tensors:
    """Answers questions.

    Args:
      text: Questions, string [B].
      text_pair: Their contexts, string [B].

    Returns:
      [B] each: `answer`, "" for none; `start` and `end`, its first character
      in the context and one past its last, both -1 for none; `score`, the sum
      of its logits; `null_odds`, by how much no answer scores better.
    """
    settings = self.settings
    contexts = text_modules.valid_utf8(text_pair)
    query = self.tokenizer(text)[:, : settings.max_query_length]
    tokens, starts, ends = (
      token_windows.never_empty(x, 0)
      for x in self.tokenizer.tokenize_with_offsets(contexts)
    )
    added = tf.cast(tokens.nrows(), tf.int32) - tf.size(text)  # 0 or 1
    contexts = tf.concat([contexts, tf.fill([added], "")], axis=0)
    query = tf.concat([query, tf.fill([added, 1], self.tokenizer.unk_id)], 0)
    lengths = tf.cast(tokens.row_lengths(), tf.int32)  # [B]
    row_starts = tf.cast(tokens.row_starts(), tf.int32)
    query_lengths = tf.cast(query.row_lengths(), tf.int32)
    rooms = settings.max_seq_length - query_lengths - _SPECIAL
    windows = token_windows.cut(lengths, rooms, settings.doc_stride)
    shown = token_windows.places(windows, row_starts)
    inputs = self._inputs(query, tokens, windows, shown)
    shape = tf.shape(inputs["input_ids"])  # [W, S]
    offset = tf.gather(query_lengths, windows.row) + 2  # [W]
    place = tf.stack(
      [shown.window, tf.gather(offset, shown.window) + shown.offset], axis=1
    )  # [P, 2]
    in_best = token_windows.in_best(windows, shown, tf.size(tokens.flat_values))
    start_logits, end_logits = self._logits(inputs)
    chosen = best_span.best(
      windows,
      start_logits,
      end_logits,
      tf.scatter_nd(place, tf.ones_like(shown.token), shape) > 0,
      tf.scatter_nd(place, tf.cast(in_best, tf.int32), shape) > 0,
      tf.size(contexts),
      settings.n_best_size,
      settings.max_answer_length,
    )
    first, last = (
      _token_at(x, chosen.window, windows, offset, row_starts)
      for x in (chosen.start, chosen.end)
    )
    begin, end = _at(starts.flat_values, first), _at(ends.flat_values, last)
    if settings.answer_alignment == squad_settings.OFFSETS:
      answers = answer_text.between(contexts, begin, end, self.tokenizer.rules)
    else:
      answers = answer_text.project(
        contexts,
        begin,
        end,
        self._read(tokens.flat_values, first, last),
        self.tokenizer.split,
      )
    found = self._choose(chosen, answers)
    return {name: value[: tf.size(text)] for name, value in found.items()}

  def _inputs(
    self, query: Any, tokens: Any, windows: Any, shown: Any
  ) -> text_modules.Tensors:
    """[CLS] question [SEP] window [SEP] of each window, [W, S]."""
    one = tf.ones_like(windows.row)[:, None]  # [W, 1]
    cls, sep = self.tokenizer.cls_id * one, self.tokenizer.sep_id * one
    window = tf.RaggedTensor.from_row_lengths(
      tf.gather(tokens.flat_values, shown.token),
      tf.cast(windows.length, tf.int64),
    )
    first = tf.concat([cls, tf.gather(query, windows.row), sep], axis=1)
    second = tf.concat([window, sep], axis=1)
    ids = tf.concat([first, second], axis=1)
    segments = tf.concat([tf.zeros_like(first), tf.ones_like(second)], axis=1)
    length = self.settings.max_seq_length if self.settings.pad_windows else None
    return {
      "input_ids": ids.to_tensor(shape=[None, length]),
      "input_mask": tf.ones_like(ids).to_tensor(shape=[None, length]),
      "segment_ids": segments.to_tensor(shape=[None, length]),
    }

  def _logits(self, inputs: text_modules.Tensors) -> list[Any]:
    """Scores of starts and of ends, [W, S]; -inf at padding that is no part."""
    outputs = dict.fromkeys(
      ("start_logits", "end_logits"), (tf.float32, [None])
    )
    logits = token_windows.in_chunks(self.from_ids, inputs, outputs)
    shape = tf.shape(inputs["input_ids"])
    found = [tf.reshape(logits[name], shape) for name in outputs]
    if self.settings.pad_windows:
      return found
    real = inputs["input_mask"] > 0
    return [tf.where(real, x, float("-inf")) for x in found]

  def _read(self, tokens: Any, first: Any, last: Any) -> Any:
    """Pieces as text: continuations joined, spaces between words; [B]."""
    counts = tf.minimum(last - first + 1, tf.size(tokens))
    numbers = tf.ragged.range(first, first + counts)
    pieces = tf.gather(self.pieces, tf.gather(tokens, numbers))
    text = tf.strings.reduce_join(pieces, axis=-1, separator=" ")
    text = tf.strings.regex_replace(text, " ##", "")
    return tf.strings.strip(tf.strings.regex_replace(text, "##", ""))

  def _choose(self, chosen: Any, answers: Any) -> text_modules.Tensors:
    odds = chosen.null_score - chosen.score  # float64, as all sums
    odds = tf.where(chosen.found, odds, best_span.NO_SCORE)
    given = chosen.found
    if self.settings.version_2_with_negative:
      given &= odds <= self.settings.null_score_diff_threshold
    return {
      "answer": tf.where(given, answers.text, ""),
      "start": tf.where(given, answers.start, -1),
      "end": tf.where(given, answers.end, -1),
      "score": tf.cast(chosen.score, tf.float32),
      "null_odds": tf.cast(odds, tf.float32),
    }


def _token_at(
  place: Any, window: Any, windows: Any, offset: Any, row_starts: Any
) -> Any:
  """Which of all tokens stands at a place of a window's input; [B]."""
  first = tf.gather(row_starts, windows.row) + windows.start - offset  # [W]
  return tf.maximum(place + _at(first, window), 0)


def _at(values: Any, index: Any) -> Any:
  """values[index], or 0 where there are no values."""
  return tf.gather(tf.pad(values, [[0, 1]]), index)
