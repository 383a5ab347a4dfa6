"""Texts and pairs of texts to the arrays that models take."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bert_tf.native import jit
from bert_tf.text import text_pairs, tokenizer_protocol

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

SHORTEST = text_pairs.SHORTEST
NAMES = text_pairs.INPUTS
OFFSETS = "offsets"

Text = str
Pair = tuple[Text, Text | None]


def encode(
  texts: Iterable[Pair],
  tokenizer: tokenizer_protocol.Tokenizer,
  max_seq_length: int | None,
) -> dict[str, Int32s]:
  """Makes the inputs of texts or pairs of texts.

  Args:
    texts: Text and second text; a second text without tokens counts as none.
    tokenizer: The model's, such as a `FullTokenizer`.
    max_seq_length: S, to which all are padded with zeros, or truncated; None
      for the length of the longest, which none is truncated to.

  Returns:
    `input_ids`, `input_mask`, `segment_ids`, int32 [N, S].

  Raises:
    ValueError: `max_seq_length` is too short.
    text.vocabulary_file.UnknownTokenError: No [CLS] or [SEP] in the vocabulary.
  """
  if max_seq_length is not None and max_seq_length < SHORTEST:
    raise ValueError(f"max_seq_length={max_seq_length} is below {SHORTEST}")
  texts = list(texts)
  first = tokenizer.encode_many([text for text, _ in texts])
  second = tokenizer.encode_many([pair or "" for _, pair in texts])
  lengths = np.diff(first[1]), np.diff(second[1])
  if max_seq_length is None:
    most = np.sum(lengths, 0).max(initial=0)
    max_seq_length = int(most) + SHORTEST
  kept = _kept_lengths(*lengths, max_seq_length)
  cls, sep = tokenizer.convert_tokens_to_ids([text_pairs.CLS, text_pairs.SEP])
  shape = (len(NAMES), len(texts), max_seq_length)
  arrays = np.zeros(shape, np.int32)
  ids, mask, segments = arrays
  _fill(ids, mask, segments, first, second, kept, cls, sep)
  return dict(zip(NAMES, arrays, strict=True))


def shortened(arrays: dict[str, Int32s]) -> dict[str, Int32s]:
  """Without columns that are padding in all rows."""
  longest = int(arrays["input_mask"].sum(1).max(initial=SHORTEST - 1))
  return {name: array[:, :longest] for name, array in arrays.items()}


def offsets(
  texts: Sequence[Pair],
  places: Sequence[Sequence[Sequence[tuple[int, int]]]],
  arrays: dict[str, Int32s],
) -> Int32s:
  """Where each token stands in its text, int32 [N, S, 2].

  Args:
    texts: As of `encode`.
    places: Of each text and second text the start and end of its pieces.
    arrays: What `encode` made of the texts.

  Returns:
    Start and end, in characters of the text where the segment is 0, of the
    second text where it is 1; 0 and 0 at [CLS], [SEP] and padding.
  """
  found = np.zeros((*arrays["input_ids"].shape, 2), np.int32)
  for row in range(len(texts)):
    real = int(arrays["input_mask"][row].sum())
    in_second = int(arrays["segment_ids"][row].sum())
    in_first = real - in_second - 2  # between [CLS] and [SEP]
    first, second = places[row]
    if in_first:
      found[row, 1 : 1 + in_first] = first[:in_first]
    if in_second > 1:
      start = real - in_second
      found[row, start : real - 1] = second[: in_second - 1]
  return found


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
