"""Texts and pairs of texts to the arrays that models take."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.data import model_inputs
from bert_tf.text import pairs

SHORTEST = 3  # [CLS] and two [SEP]


def encode(
  texts: Iterable[tuple[str, str | None]],
  tokenizer: Any,
  max_seq_length: int,
) -> dict[str, npt.NDArray[np.int32]]:
  """Makes the inputs of texts or pairs of texts.

  Args:
    texts: Text and second text; a second text without tokens counts as none.
    tokenizer: A `FullTokenizer`.
    max_seq_length: S, to which all are padded with zeros, or truncated.

  Returns:
    `input_ids`, `input_mask`, `segment_ids`, int32 [N, S].

  Raises:
    ValueError: `max_seq_length` is too short.
    text.full_tokenizer.UnknownTokenError: No [CLS] or [SEP] in the vocabulary.
  """
  if max_seq_length < SHORTEST:
    raise ValueError(f"max_seq_length={max_seq_length} is below {SHORTEST}")
  input_ids, segment_ids = [], []
  for first, second in texts:
    tokens, segments = pairs.sequence(
      tokenizer.tokenize(first),
      tokenizer.tokenize(second) if second else [],
      max_seq_length,
    )
    input_ids.append(tokenizer.convert_tokens_to_ids(tokens))
    segment_ids.append(segments)
  return model_inputs.stack(input_ids, segment_ids, max_seq_length)
