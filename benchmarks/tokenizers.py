"""Tokenizers against each other."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import timing
from bert_tf.text import full_tokenizer

_BATCH = 1024  # lines that go into a graph at once


def in_python(
  lines: Sequence[str], vocab_file: str, do_lower_case: bool
) -> timing.Contenders:
  """`FullTokenizer` and the plain rendering of the rules."""
  from tests.text import reference  # The plain rendering that tests use.

  def fresh() -> full_tokenizer.FullTokenizer:
    return full_tokenizer.FullTokenizer(vocab_file, do_lower_case)

  def plain(line: str) -> list[str]:
    return reference.tokenize(line, warm.vocab, do_lower_case)

  warm = fresh()
  _over(lines, warm.tokenize)
  _over(lines, warm.encode)
  return {
    "plain rendering": lambda: _over(lines, plain),
    "tokenize, empty cache": lambda: _over(lines, fresh().tokenize),
    "tokenize, full cache": lambda: _over(lines, warm.tokenize),
    "encode, empty cache": lambda: _over(lines, fresh().encode),
    "encode, full cache": lambda: _over(lines, warm.encode),
    "encode_many, empty table": lambda: fresh().encode_many(lines),
  }


def in_graph(
  lines: Sequence[str], vocab_file: str, do_lower_case: bool
) -> timing.Contenders:
  """`InGraphTokenizer`, `FullTokenizer`, tensorflow_text's own.

  First says whose ids are whose: tensorflow_text's own is not exact.
  """
  import tensorflow as tf
  import tensorflow_text as tf_text

  import bert_tf

  def fresh() -> full_tokenizer.FullTokenizer:
    return full_tokenizer.FullTokenizer(vocab_file, do_lower_case)

  warm = fresh()
  ours = bert_tf.InGraphTokenizer(vocab_file, do_lower_case)
  their = tf_text.FastBertTokenizer(
    list(warm.vocab),
    token_out_type=tf.int32,
    lower_case_nfd_strip_accents=do_lower_case,
  )
  theirs = tf.function(their.tokenize, autograph=False)
  batches = [
    tf.constant(lines[start : start + _BATCH])
    for start in range(0, len(lines), _BATCH)
  ]
  expected = [warm.encode(line) for line in lines]
  for name, run in (("InGraphTokenizer", ours), ("FastBertTokenizer", theirs)):
    found = [row for batch in batches for row in run(batch).to_list()]
    differing = sum(map(list.__ne__, found, expected))
    print(f"{name}: {differing} of {len(lines)} lines differ")
  return {
    "FullTokenizer, full cache": lambda: _over(lines, warm.encode),
    "FullTokenizer, empty cache": lambda: _over(lines, fresh().encode),
    "InGraphTokenizer": lambda: _over(batches, ours),
    "InGraphTokenizer, offsets": lambda: _over(
      batches, ours.tokenize_with_offsets
    ),
    "FastBertTokenizer": lambda: _over(batches, theirs),
  }


def _over(items: Any, tokenize: Callable[[Any], object]) -> None:
  for item in items:
    tokenize(item)
