"""Texts and pairs of texts to the arrays that models take."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bert_tf.inputs import model_inputs
from bert_tf.native import jit
from bert_tf.text import text_pairs, tokenizer_protocol

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

SHORTEST = model_inputs.SHORTEST


def encode(
  texts: Iterable[tuple[str, str | None]],
  tokenizer: tokenizer_protocol.Tokenizer,
  max_seq_length: int,
) -> dict[str, npt.NDArray[np.int32]]:
  """Makes the inputs of texts or pairs of texts.

  Args:
    texts: Text and second text; a second text without tokens counts as none.
    tokenizer: The model's, such as a `FullTokenizer`.
    max_seq_length: S, to which all are padded with zeros, or truncated.

  Returns:
    `input_ids`, `input_mask`, `segment_ids`, int32 [N, S].

  Raises:
    ValueError: `max_seq_length` is too short.
    text.vocabulary_file.UnknownTokenError: No [CLS] or [SEP] in the vocabulary.
  """
  if max_seq_length < SHORTEST:
    raise ValueError(f"max_seq_length={max_seq_length} is below {SHORTEST}")
  texts = list(texts)
  first = tokenizer.encode_many([text for text, _ in texts])
  second = tokenizer.encode_many([pair or "" for _, pair in texts])
  kept = _kept_lengths(np.diff(first[1]), np.diff(second[1]), max_seq_length)
  cls, sep = tokenizer.convert_tokens_to_ids([text_pairs.CLS, text_pairs.SEP])
  shape = (len(model_inputs.NAMES), len(texts), max_seq_length)
  arrays = np.zeros(shape, np.int32)
  ids, mask, segments = arrays
  _fill(ids, mask, segments, first, second, kept, cls, sep)
  return dict(zip(model_inputs.NAMES, arrays, strict=True))


def _kept_lengths(first: Int64s, second: Int64s, max_seq_length: int) -> Int64s:
  """How many tokens are kept of each text and second text, int64 [N, 2]."""
  kept = np.stack([first, second], 1)
  alone = second == 0
  kept[alone, 0] = np.minimum(first[alone], max_seq_length - 2)
  room = max_seq_length - 3
  for row in np.flatnonzero(~alone & (first + second > room)):
    kept[row] = text_pairs.kept_lengths(int(first[row]), int(second[row]), room)
  return kept


@jit.compiled
def _fill(
  input_ids: Int32s,
  input_mask: Int32s,
  segment_ids: Int32s,
  first: tuple[Int32s, Int64s],
  second: tuple[Int32s, Int64s],
  kept: Int64s,
  cls: int,
  sep: int,
) -> None:
  """Fills in [CLS] a [SEP] b [SEP]; without the rest if no `b` is kept."""
  for row in range(len(kept)):
    input_ids[row, 0] = cls
    at = 1
    for i in range(kept[row, 0]):
      input_ids[row, at + i] = first[0][first[1][row] + i]
    at += kept[row, 0]
    input_ids[row, at] = sep
    at += 1
    if kept[row, 1]:
      segment_ids[row, at : at + kept[row, 1] + 1] = 1
      for i in range(kept[row, 1]):
        input_ids[row, at + i] = second[0][second[1][row] + i]
      at += kept[row, 1]
      input_ids[row, at] = sep
      at += 1
    input_mask[row, :at] = 1
