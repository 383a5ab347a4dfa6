"""Lines with [MASK] in them to the sequences that the model gets."""

import dataclasses
import itertools

from bert_tf.text import full_tokenizer, text_lines, text_pairs

MASK = "[MASK]"
_SPECIAL = (text_pairs.CLS, text_pairs.SEP, MASK)


@dataclasses.dataclass(frozen=True)
class Encoded:
  """A line as the model gets it.

  Attributes:
    tokens: [CLS], pieces, [SEP], and of a pair pieces and [SEP].
    segment_ids: One a token.
    is_pair: Whether there are two texts.
  """

  tokens: list[str]
  segment_ids: list[int]
  is_pair: bool

  @property
  def masks(self) -> list[int]:
    """Where [MASK] stands."""
    return [i for i, token in enumerate(self.tokens) if token == MASK]

  @property
  def pieces(self) -> list[int]:
    """Where pieces of the text stand: all but [CLS], [SEP] and [MASK]."""
    return [i for i, x in enumerate(self.tokens) if x not in _SPECIAL]


def tokenize(text: str, tokenizer: full_tokenizer.FullTokenizer) -> list[str]:
  """The pieces of a text in which [MASK] stays whole."""
  parts = [tokenizer.tokenize(part) for part in text.split(MASK)]
  joined = [[*part, MASK] for part in parts[:-1]] + parts[-1:]
  return list(itertools.chain.from_iterable(joined))


def encode(
  line: text_lines.Line,
  tokenizer: full_tokenizer.FullTokenizer,
  max_seq_length: int,
  may_cut: bool = False,
) -> Encoded:
  """Makes the sequence.

  Args:
    line: One text or two.
    tokenizer: The model's.
    max_seq_length: The most tokens, at least 3.
    may_cut: Whether longer ones are cut; otherwise they are an error.

  Raises:
    ValueError: There are too many tokens.
  """
  tokens_a = tokenize(line.text_a, tokenizer)
  tokens_b = tokenize(line.text_b or "", tokenizer)
  whole = len(tokens_a) + len(tokens_b) + (3 if tokens_b else 2)
  if whole > max_seq_length and not may_cut:
    raise ValueError(
      f"found {whole} tokens, expected at most max_seq_length={max_seq_length};"
      " shorten the text, or raise it as far as the model allows"
    )
  tokens, segment_ids = text_pairs.sequence(tokens_a, tokens_b, max_seq_length)
  return Encoded(tokens, segment_ids, 1 in segment_ids)
