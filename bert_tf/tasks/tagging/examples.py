"""Sentences of words to sequences of pieces, long ones in several windows.

A sentence that does not fit is cut into windows that overlap by half. Each
word belongs to that window in which it has most context; there alone it is
trained on and predicted. In the others it is context.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf import bert_config
from bert_tf.inputs import model_inputs
from bert_tf.text import full_tokenizer, text_pairs

LABELS, WEIGHTS = "label_ids", "label_weights"
_SPECIAL = 2  # [CLS] and [SEP]
_UNKNOWN = "[UNK]"


@dataclasses.dataclass(frozen=True)
class Window:
  """A part of a sentence as the model gets it.

  Attributes:
    sentence: Which sentence it is of.
    tokens: [CLS], pieces, [SEP].
    words: The words that belong to it, by number in the sentence.
    positions: Where each of them has its first piece.
  """

  sentence: int
  tokens: tuple[str, ...]
  words: tuple[int, ...]
  positions: tuple[int, ...]


def make(
  sentences: Sequence[Sequence[str]],
  tokenizer: full_tokenizer.FullTokenizer,
  max_seq_length: int,
) -> list[Window]:
  """Cuts sentences into windows.

  Args:
    sentences: The words of each.
    tokenizer: The model's. A word of which it leaves nothing is [UNK].
    max_seq_length: The most tokens of a window, at least 3. The pieces of a
      longer word are cut.
  """
  limit = max_seq_length - _SPECIAL
  found: list[Window] = []
  for index, words in enumerate(sentences):
    if not words:
      continue
    pieces = [
      (tokenizer.tokenize(word) or [_UNKNOWN])[:limit] for word in words
    ]
    found.extend(_of_sentence(index, pieces, limit))
  return found


def _of_sentence(
  index: int, pieces: Sequence[Sequence[str]], limit: int
) -> list[Window]:
  spans = word_spans([len(word) for word in pieces], limit)
  starts = np.cumsum([0, *map(len, pieces)])
  owners = [_owner(word, spans, starts) for word in range(len(pieces))]
  windows = []
  for number, (first, last) in enumerate(spans):
    own = tuple(w for w in range(first, last) if owners[w] == number)
    tokens = [piece for word in pieces[first:last] for piece in word]
    windows.append(
      Window(
        index,
        (text_pairs.CLS, *tokens, text_pairs.SEP),
        own,
        tuple(int(starts[w] - starts[first]) + 1 for w in own),
      )
    )
  return windows


def word_spans(lengths: Sequence[int], limit: int) -> list[tuple[int, int]]:
  """The windows of a sentence: their first words, and one past their last.

  Args:
    lengths: Pieces of each word, at most `limit`.
    limit: Pieces of a window.
  """
  spans = []
  first = 0
  while True:
    last, size = first, 0
    while last < len(lengths) and size + lengths[last] <= limit:
      size += lengths[last]
      last += 1
    spans.append((first, last))
    if last == len(lengths):
      return spans
    passed = 0
    while first < last and passed + lengths[first] <= max(limit // 2, 1):
      passed += lengths[first]
      first += 1
    if spans[-1][0] == first:  # a word longer than half a window
      first += 1


def _owner(
  word: int,
  spans: Sequence[tuple[int, int]],
  starts: npt.NDArray[np.int64],
) -> int:
  """The window where the side with less context has most; the first of equals.

  Args:
    word: The word's number.
    spans: The windows.
    starts: Each word's first piece in the sentence, and the last one's end.
  """

  def context(window: int) -> tuple[int, int]:
    first, last = spans[window]
    left = starts[word] - starts[first]
    right = starts[last] - starts[word + 1]
    return int(min(left, right)), int(left + right)

  holding = [i for i, (first, last) in enumerate(spans) if first <= word < last]
  return max(holding, key=context)


def inputs(
  windows: Sequence[Window],
  tokenizer: full_tokenizer.FullTokenizer,
  length: int | None = None,
) -> dict[str, npt.NDArray[np.int32]]:
  """The model's inputs of windows; see `model_inputs.stack`."""
  ids = [tokenizer.convert_tokens_to_ids(window.tokens) for window in windows]
  return model_inputs.stack(ids, None, length)


def schema(max_seq_length: int) -> dict[str, Any]:
  """The schema of the records, for `tf.io.parse_example`."""
  import tensorflow as tf  # Only here: making windows needs none.

  sequence = tf.io.FixedLenFeature([max_seq_length], tf.int64)
  return dict.fromkeys((*model_inputs.NAMES, LABELS, WEIGHTS), sequence)


def limits(config: bert_config.BertConfig, outputs: int) -> Mapping[str, int]:
  """By feature: ids from this number up are an error."""
  return {
    "input_ids": config.vocab_size,
    "segment_ids": config.type_vocab_size,
    LABELS: outputs,
  }


def labels(
  windows: Sequence[Window],
  label_ids: Sequence[Sequence[int]],
  length: int,
) -> dict[str, npt.NDArray[np.int32]]:
  """What the model is to say of windows.

  Args:
    windows: The windows.
    label_ids: The labels of each word of each sentence.
    length: S.

  Returns:
    `label_ids` and `label_weights`, int32 [N, S]. The weight is 1 at the
    first piece of each word, in the window it belongs to, 0 elsewhere.
  """
  shape = len(windows), length
  ids, weights = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
  for row, window in enumerate(windows):
    of_sentence = label_ids[window.sentence]
    for word, position in zip(window.words, window.positions, strict=True):
      ids[row, position] = of_sentence[word]
      weights[row, position] = 1
  return {LABELS: ids, WEIGHTS: weights}


def gather(
  windows: Sequence[Window],
  predicted: Sequence[Sequence[int]] | npt.NDArray[np.int32],
  lengths: Sequence[int],
) -> list[list[int]]:
  """Puts what was predicted of windows [N, S] together to sentences.

  Args:
    windows: The windows.
    predicted: A number a token, [N, S].
    lengths: Words of each sentence.

  Returns:
    The number of each word of each sentence.
  """
  found = [[-1] * length for length in lengths]
  for window, row in zip(windows, predicted, strict=True):
    for word, position in zip(window.words, window.positions, strict=True):
      found[window.sentence][word] = int(row[position])
  return found
